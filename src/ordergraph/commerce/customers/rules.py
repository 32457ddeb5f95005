"""What customers go by."""


def email_key(email: str) -> str:
    """Write an address as addresses are compared: trimmed, in lower case (domain 3.3)."""
    return email.strip().lower()
