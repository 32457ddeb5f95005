"""Keys: who may speak for an environment, and with which scopes."""
