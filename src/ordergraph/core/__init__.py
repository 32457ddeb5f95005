"""The pure core: money, pricing, lifecycles, problems, ids. No I/O, no framework."""
