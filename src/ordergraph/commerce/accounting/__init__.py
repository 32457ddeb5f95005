"""Accounting: the double entries that every movement of an order's money leaves."""
