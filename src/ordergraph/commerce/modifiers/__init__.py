"""Modifiers: what a buyer chooses on a line, and what it costs."""
