"""Measurements to compare before and after a change; no test depends on them."""
