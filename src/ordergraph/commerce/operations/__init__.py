"""Operations that a shop's operator trusts: registered by the SHA-256 of their document."""
