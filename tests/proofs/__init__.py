"""Proofs of orders, judged by a second verifier that shares no code with ours."""
