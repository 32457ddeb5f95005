"""Payments and payment attempts in the schema."""
