"""Self-hostable GraphQL commerce API server: the order is the source of truth."""
