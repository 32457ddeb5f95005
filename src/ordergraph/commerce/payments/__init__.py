"""Payments: attempts to collect money for an order, what they collected, and the processors."""
