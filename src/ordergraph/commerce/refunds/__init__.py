"""Refunds: giving money back, with the order's figures, taxes and stock following (domain 15)."""
