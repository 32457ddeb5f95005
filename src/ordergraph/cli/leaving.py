"""Being asked to leave."""

import signal
from collections.abc import Callable
from types import FrameType


class Leaving:
    """Notes SIGTERM and SIGINT, so that the server leaves between two steps and never in one."""

    def __init__(self) -> None:
        self.asked = False
        self._tell: Callable[[], None] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def tell(self, leave: Callable[[], None]) -> None:
        """Call `leave` when the server is asked to leave, at once if it has been."""
        self._tell = leave
        if self.asked:
            leave()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        if self._tell is not None:
            self._tell()
