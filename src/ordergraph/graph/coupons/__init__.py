"""Coupons in the graph."""
