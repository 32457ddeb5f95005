"""Orders: the only record of a sale, and the only place where totals are computed (domain 9)."""
