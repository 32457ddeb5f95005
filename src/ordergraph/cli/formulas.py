"""Cells that a spreadsheet would run: escaped when they are written, as OWASP advises.

An apostrophe before a cell that begins with `=`, `+`, `-`, `@` or a control character makes it a
text. One that has apostrophes before such a character already gets one more, so that reading takes
away exactly what writing put there.
"""

import re

_WRITTEN = re.compile(r"'*[=+\-@\t\r\n]")
_READ = re.compile(r"'+[=+\-@\t\r\n]")


def escaped(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs."""
    return f"'{text}" if _WRITTEN.match(text) else text


def unescaped(cell: str) -> str:
    """Return the text of a cell."""
    return cell[1:] if _READ.match(cell) else cell
