"""The processors that the port in `gateway` is made for."""
