"""Bundles in the graph."""
