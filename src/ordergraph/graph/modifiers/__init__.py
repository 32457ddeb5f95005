"""Modifiers in the graph."""
