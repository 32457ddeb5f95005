"""The address that a server listens on."""

import ipaddress
import os
import resource
import socket
from contextlib import suppress

BACKLOG = 4096
"""How many connections may wait to be accepted: all clients come at once after a restart."""

UNTAKEN_SECONDS = 60
"""How long a client may take nothing of what is sent to it before its connection is dropped."""

KERNEL_DROPS = hasattr(socket, "TCP_USER_TIMEOUT")
"""Whether the kernel sees to that."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes a free one."""
    _allow_many_connections()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(host, port, error) from error
    if KERNEL_DROPS:
        # Accepted connections inherit it; else one that never reads could be kept for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_SECONDS * 1000)
    return listener


def _allow_many_connections() -> None:
    """Let this process have as many open files as it is allowed to allow itself."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # where "without limit" is not taken
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
