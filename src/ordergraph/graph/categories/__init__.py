"""Categories in the graph."""
