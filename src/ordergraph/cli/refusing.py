"""Saying in one line what cannot be done. Light: what it needs is imported when it is needed."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def refusing() -> Generator[None]:
    """Turn an error that a person can mend into one line and exit code 1, not a traceback."""
    try:
        yield
    except Exception as error:
        from ordergraph.cli.refusals import sentence_for

        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(f"ordergraph: {sentence}", file=sys.stderr)
        raise SystemExit(1) from error
