"""Merchants in the graph: who calls, and what the shop is like."""
