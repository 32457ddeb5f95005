"""Running documents: parsed, checked, costed and executed."""
