"""What is served over HTTP beside the graph: the explorer, health, hosted pages."""
