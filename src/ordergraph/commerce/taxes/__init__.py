"""The tax rates that a merchant maintains (domain 11)."""
