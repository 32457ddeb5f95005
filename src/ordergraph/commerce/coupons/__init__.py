"""Coupons: their terms, and the counting of their uses (domain 10)."""
