"""Reading files of operations: a document, Apollo's manifest, or a map from hashes to documents."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from ordergraph.core.problems import ErrorCode, Problem, Problems

_APOLLO = "apollo-persisted-query-manifest"
_DOCUMENTS = (".graphql", ".gql", ".graphqls")


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document exactly as its file has it, and where it stands there."""

    text: str
    place: str


def documents_in(name: str, raw: bytes) -> Sequence[FoundDocument]:
    """Return the documents of a file; what is wrong with it is raised, all of it at once.

    A file that is not JSON is one document, exactly as its text is. In JSON every document stands
    beside its SHA-256, or the file is refused: callers would name it by another hash.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise _wrong(f"{name}: The file is not in UTF-8") from None
    if not text.strip():
        raise _wrong(f"{name}: The file is empty")
    entries = _entries(name, text)
    if entries is None:
        return [FoundDocument(text, name)]
    problems: list[Problem] = []
    found: list[FoundDocument] = []
    for place, id, document in entries:
        if not isinstance(document, str):
            problems.append(_wrong(f"{place}: The document is not text"))
        elif str(id).removeprefix("sha256:").lower() != sha256(document.encode()).hexdigest():
            problems.append(_wrong(f"{place}: The id is not the SHA-256 of the document. {_HINT}"))
        else:
            found.append(FoundDocument(document, place))
    if problems:
        raise Problems(problems)
    return found


_HINT = (
    'Apollo makes such ids by itself; set "algorithm": "SHA256" in Relay\'s persistConfig, and '
    'hashAlgorithm: "sha256" for the persistedDocuments of graphql-codegen'
)


def _entries(name: str, text: str) -> Iterator[tuple[str, Any, Any]] | None:
    """Return place, id and document of each entry of a JSON file; None for a plain document."""
    try:
        decoded = None if Path(name).suffix in _DOCUMENTS else json.loads(text)
    except ValueError as error:
        if Path(name).suffix == ".json":
            raise _wrong(f"{name}: The file is not JSON: {error}") from None
        return None
    if decoded is None:
        return None
    if not isinstance(decoded, dict) or not decoded:
        raise _wrong(f"{name}: The file has no operations")
    members = cast("Mapping[str, Any]", decoded)
    if "format" not in members:
        return ((f"{name}, {id[:80]}", id, document) for id, document in members.items())
    operations = members.get("operations")
    if members["format"] != _APOLLO or not isinstance(operations, list):
        raise _wrong(f"{name}: The file is no {_APOLLO} with a list of operations")
    return _of_apollo(name, cast("list[Any]", operations))


def _of_apollo(name: str, operations: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    for number, entry in enumerate(operations, 1):
        members = cast("Mapping[str, Any]", entry if isinstance(entry, dict) else {})
        place = f"{name}, operation {number} ({members.get('name') or 'without a name'})"
        yield place, members.get("id"), members.get("body")


def _wrong(message: str) -> Problem:
    return Problem(ErrorCode.INVALID_FORMAT, message)
