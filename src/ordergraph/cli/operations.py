"""`ordergraph operations`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from ordergraph.app import limits_of
from ordergraph.cli.databases import settings_with
from ordergraph.cli.manifests import FoundDocument, documents_in
from ordergraph.cli.working import operator_of, tell, work_on_database
from ordergraph.commerce.operations.reads import RegisteredDocument, registered_documents
from ordergraph.commerce.operations.registering import (
    NewDocument,
    register_documents,
    remove_documents,
)
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.graph.execution.documents import Documents, InvalidDocument
from ordergraph.graph.schema import build_schema
from ordergraph.graph.transport.requests import read_request
from ordergraph.runtime.db.database import Database


def add_operations(*, files: Sequence[str], environment: str, data_dir: Path | None) -> None:
    """Register the documents of files in an environment, all or none, and print their hashes."""
    environment_id = _environment(environment)
    documents = _checked([found for name in files for found in documents_in(*_read(name))])

    async def work(database: Database) -> frozenset[bytes]:
        actor = await operator_of(database, environment_id)
        return await register_documents(database, actor, documents)

    added = work_on_database(data_dir, work)
    tell(
        {
            "operations": [
                {
                    "hash": document.sha256.hex(),
                    "names": list(document.names),
                    "added": document.sha256 in added,
                }
                for document in documents
            ]
        }
    )


def list_operations(*, environment: str, data_dir: Path | None) -> None:
    """Print the registered documents of an environment."""
    environment_id = _environment(environment)

    async def work(database: Database) -> Sequence[RegisteredDocument]:
        actor = await operator_of(database, environment_id)
        return await registered_documents(database.viewer(actor))

    tell(
        {
            "operations": [
                {
                    "hash": document.sha256.hex(),
                    "names": list(document.names),
                    "registeredAt": document.created_at.isoformat(),
                }
                for document in work_on_database(data_dir, work)
            ]
        }
    )


def remove_operations(*, hashes: Sequence[str], environment: str, data_dir: Path | None) -> None:
    """Take documents out of an environment, all or none, and print their hashes."""
    environment_id = _environment(environment)
    wanted = [_hash(text) for text in hashes]

    async def work(database: Database) -> None:
        actor = await operator_of(database, environment_id)
        await remove_documents(database, actor, wanted)

    work_on_database(data_dir, work)
    tell({"removed": [sha256.hex() for sha256 in wanted]})


def _read(name: str) -> tuple[str, bytes]:
    """Return what a file is called in errors, and its bytes; `-` is the standard input."""
    if name == "-":
        return "<stdin>", sys.stdin.buffer.read()
    try:
        return name, Path(name).read_bytes()
    except OSError as error:
        message = f"{name}: The file cannot be read: {error.strerror}"
        raise Problem(ErrorCode.INVALID_FIELD, message) from None


def _checked(found: Sequence[FoundDocument]) -> Sequence[NewDocument]:
    """Check documents against the schema and the limits; equal ones are registered once."""
    schema = build_schema()._schema  # pyright: ignore[reportPrivateUsage]
    checking = Documents(schema, limits_of(settings_with()))
    problems: list[Problem] = []
    documents: dict[str, NewDocument] = {}
    for each in found:
        try:
            read_request({"query": each.text})
            operations = checking.prepare(each.text).operations
        except InvalidDocument as invalid:
            problems.extend(_invalid(each, invalid))
        except Problem as problem:
            problems.append(Problem(problem.code, f"{each.place}: {problem.message}"))
        else:
            names = tuple(operation.name for operation in operations if operation.name)
            documents[each.text] = NewDocument(each.text, names)
    if problems:
        raise Problems(problems)
    return list(documents.values())


def _invalid(found: FoundDocument, invalid: InvalidDocument) -> Iterator[Problem]:
    for error in invalid.errors:
        at = error.locations[0] if error.locations else None
        place = found.place if at is None else f"{found.place}:{at.line}:{at.column}"
        yield Problem(ErrorCode.INVALID_FIELD, f"{place}: {error.message}")


def _environment(text: str) -> UUID:
    return decode(Prefix.ENVIRONMENT, text, ("environment",))


def _hash(text: str) -> bytes:
    try:
        sha256 = bytes.fromhex(text.removeprefix("sha256:"))
    except ValueError:
        sha256 = b""
    if len(sha256) != 32:
        message = "A hash is the 64 hexadecimal digits of a SHA-256"
        raise Problem(ErrorCode.INVALID_FORMAT, message, ("hash",))
    return sha256
