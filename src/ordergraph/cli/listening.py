"""The address that a server listens on."""

import ipaddress
import os
import socket


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotListen(host, port, error) from error


class CannotListen(RuntimeError):
    """The address cannot be listened on; the message says why and what to do."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        reason = os.strerror(error.errno or 0)
        super().__init__(
            f"Cannot listen on {host}:{port} ({reason}): choose another with --port, "
            "or --port 0 for a free one."
        )


def address_of(listener: socket.socket, host: str) -> str:
    """Return where this machine reaches the server, also when it listens on all addresses."""
    port = listener.getsockname()[1]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"
