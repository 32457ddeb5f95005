"""Tax rates in the graph."""
