"""Proofs of what orders come to: written step by step, and checked from nothing but the page."""
