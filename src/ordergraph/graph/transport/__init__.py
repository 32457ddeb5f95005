"""Between the socket and the schema: HTTP, server-sent events and the websocket."""
