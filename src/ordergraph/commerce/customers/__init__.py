"""Who buys: customers and their contact data (domain 8)."""
