"""What processes tell one another about the log: how far an environment's log reaches."""

from uuid import UUID

TOPIC = "log"


def write_head(environment_id: UUID, head: int) -> str:
    """Return the message that an environment's log reaches `head`."""
    return f"{environment_id.hex} {head}"


def read_head(message: str) -> tuple[UUID, int]:
    """Return the environment and the head of a message."""
    environment, _, head = message.partition(" ")
    return UUID(environment), int(head)
