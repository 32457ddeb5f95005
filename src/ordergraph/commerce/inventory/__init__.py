"""How many there are: stock levels, their history, and holds for running payments (domain 7)."""
