"""Records: products and bundles of a file, with the places where what is said of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ordergraph.commerce.bundles.matching import GivenBundle
from ordergraph.commerce.catalog.overlaying import GivenProduct
from ordergraph.core.problems import FieldPath, Problem


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong in a file, where: `column` is a column of CSV, or a path of JSON."""

    line: int
    column: str | None
    code: str
    message: str


@dataclass(slots=True)
class Record:
    """One product or bundle of a file.

    `lines` are those of its variants, `columns` what fields are called. A record in which nothing
    could be read has no `given`, but `unreadable` alone.
    """

    line: int
    label: str
    given: GivenProduct | GivenBundle = field(default_factory=GivenProduct)
    lines: Sequence[int] = ()
    image_lines: Sequence[int] = ()
    columns: dict[FieldPath, str] | None = None
    unreadable: BadLine | None = None

    def bad_lines(self, problems: Sequence[Problem]) -> Iterator[BadLine]:
        """Yield what is wrong, with the line and the column where it stands."""
        for problem in problems:
            line, column = self._place(problem.field)
            yield BadLine(line, column, problem.code.value, problem.message)

    def _place(self, path: FieldPath) -> tuple[int, str | None]:
        if self.columns is None:
            return self.line, ".".join(path) or None
        head, *rest = path or ("",)
        if head == "lines":
            return int(rest[0]), self.columns.get(("lines", *rest[1:]))
        lines = {"variants": self.lines, "defaultVariant": self.lines, "images": self.image_lines}
        line, known = self.line, tuple(path)
        if head in lines:
            index = int(rest.pop(0)) if rest and rest[0].isdigit() else 0
            line = lines[head][index] if index < len(lines[head]) else self.line
            known = ("images" if head == "images" else "variants", *rest)
        while known and known not in self.columns:
            known = known[:-1]
        return line, self.columns.get(known)
