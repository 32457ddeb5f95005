"""What is sold: products, their variants, and the SKUs that find them (domain 6)."""
