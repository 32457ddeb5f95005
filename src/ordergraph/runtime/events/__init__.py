"""The log of what happened: outbox, sequencing, cursors, broadcast."""
