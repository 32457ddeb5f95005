"""Tables' base, transactions, reads and the embedded Postgres."""
