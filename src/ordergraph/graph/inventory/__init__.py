"""Inventory in the graph."""
