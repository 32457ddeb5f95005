"""Orders in the graph."""
