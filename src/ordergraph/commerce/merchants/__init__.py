"""Merchants, and the environments in which all their rows live."""
