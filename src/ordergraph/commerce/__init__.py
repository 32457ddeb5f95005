"""The business: ranked rooms, each free to call only the rooms below it."""
