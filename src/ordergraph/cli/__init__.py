"""The command line: doors for people and start scripts."""
