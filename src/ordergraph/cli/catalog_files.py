"""The files of catalogs: opened as streams, read and written in either format."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TextIO

from ordergraph.cli.jsonlines_reading import read_json_lines
from ordergraph.cli.records import Record
from ordergraph.cli.shopify_reading import read_products
from ordergraph.core.problems import ErrorCode, Problem


class Format(StrEnum):
    """How a catalog is written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(slots=True)
class Source:
    """A file that is being read; `size` is in bytes, None where nobody knows."""

    name: str
    format: Format
    size: int | None
    _file: BinaryIO
    _text: TextIO | None = None
    """Kept as long as the file: a reader of text closes what it reads when it goes."""

    def records(self, currency: str) -> Iterator[Record]:
        """Yield its products, prices in `currency` where the file does not say."""
        if self.format is Format.JSONL:
            return read_json_lines(self._file)
        self._text = io.TextIOWrapper(self._file, "utf-8-sig", errors="surrogateescape", newline="")
        return read_products(self._text, currency)

    def read_bytes(self) -> int:
        """Return how much was read so far."""
        return 0 if self.size is None else self._file.tell()


def format_of(name: str, wanted: str | None) -> Format:
    """Return the format that was asked for, else that of the file's name, else CSV."""
    if wanted is None:
        suffix = Path(name).suffix.casefold()
        return Format.JSONL if suffix in (".jsonl", ".ndjson", ".json") else Format.CSV
    if wanted.upper() not in Format.__members__:
        raise Problem(ErrorCode.INVALID_ENUM, "A catalog is csv or jsonl", ("format",))
    return Format(wanted.casefold())


@contextmanager
def opened(name: str, format: Format) -> Generator[Source]:
    """Lend a file to be read; `-` is the standard input."""
    if name == "-":
        yield Source("<stdin>", format, None, sys.stdin.buffer)
        return
    path = Path(name)
    try:
        file = path.open("rb")
    except OSError as error:
        message = f"{name}: The file cannot be read: {error.strerror}"
        raise Problem(ErrorCode.INVALID_FIELD, message) from None
    with file:
        yield Source(name, format, path.stat().st_size, file)


@contextmanager
def created(name: str) -> Generator[TextIO]:
    """Lend a file to be written, as it is only when it is whole; `-` is the standard output."""
    if name == "-":
        output = io.TextIOWrapper(sys.stdout.buffer, "utf-8", newline="", write_through=True)
        try:
            yield output
        finally:
            output.detach()
        return
    path = Path(name)
    draft = path.with_name(f"{path.name}.part")
    try:
        file = draft.open("w", encoding="utf-8", newline="")
    except OSError as error:
        message = f"{name}: The file cannot be written: {error.strerror}"
        raise Problem(ErrorCode.INVALID_FIELD, message) from None
    try:
        with file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
