"""Bundles: variants sold together at a price of their own."""
