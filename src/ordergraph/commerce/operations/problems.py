"""Why a document that a caller names by its hash cannot be run."""

from ordergraph.core.problems import ErrorCode, Problem


class NotRegistered(Problem):
    """No document is registered by this hash: Apollo's link then sends it whole."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")


class NoneRegistered(Problem):
    """The environment has no registered document at all: Apollo's link then stops asking."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
