"""Auditing: whether the figures of the whole database agree with each other (domain 32)."""
