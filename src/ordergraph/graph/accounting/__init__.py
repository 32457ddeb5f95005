"""The ledger of orders in the graph."""
