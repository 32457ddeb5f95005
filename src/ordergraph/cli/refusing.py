"""Saying in one line what cannot be done. Light: what it needs is imported when it is needed."""

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def refusing() -> Generator[None]:
    """Turn an error that a person can mend into one line and exit code 1, not a traceback.

    Whoever reads what is printed may leave before the end, as `head` does: that is exit code 1
    without a word.
    """
    try:
        try:
            yield
        except SystemExit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except Exception as error:
        if isinstance(error, BrokenPipeError) and _is_unread():
            raise SystemExit(1) from None
        from ordergraph.cli.refusals import sentence_for

        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(f"ordergraph: {sentence}", file=sys.stderr)
        raise SystemExit(1) from error


def _is_unread() -> bool:
    """Whether it is our output that nobody reads any more, and not a connection that broke.

    What is left of the output goes nowhere then: Python would complain of it at exit.
    """
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):  # it is no file
        return False
    poll = select.poll()
    poll.register(output, 0)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True
