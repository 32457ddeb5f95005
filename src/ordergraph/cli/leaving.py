"""Being asked to leave."""

import signal
from collections.abc import Callable
from types import FrameType


class Leaving:
    """Notes that the server is asked to leave, so that it leaves between two steps, never in one.

    SIGTERM and SIGINT ask, and so does SIGHUP where `hangup` says so: the terminal is gone.
    """

    def __init__(self, *, hangup: bool = True) -> None:
        self.asked = False
        self.gently = False
        self._tell: Callable[[], None] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        signal.signal(signal.SIGHUP, self._note if hangup else signal.SIG_IGN)

    def tell(self, leave: Callable[[], None]) -> None:
        """Call `leave` when the server is asked to leave, at once if it has been."""
        self._tell = leave
        if self.asked:
            leave()

    def ask(self, *, gently: bool = False) -> None:
        """Ask to leave; `gently` when others go on serving, so that no client need notice."""
        self.gently = gently and not self.asked
        self.asked = True
        if self._tell is not None:
            self._tell()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.ask()
