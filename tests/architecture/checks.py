"""The rules of the house that a machine can hold: each check yields what breaks it."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import Source, functions, names_in, parameters

LONGEST_MODULE = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
NETWORK = {"gateway", "gateways", "http", "httpx2", "provider", "stripe", "processor"}
FURNITURE = {"__init__", "lifecycle", "rules", "tables", "reads", "service", "events", "problems"}
FURNITURE_OF_ROOMS = {
    "payments": {"ledger", "gateway", "gateways", "sources"},
    "taxes": {"provider"},
}
BOUNDARY = {
    "tx": "Transaction",
    "actor": "Actor",
    "viewer": "Viewer",
    "reader": "Reader",
}
CLOCKS = {
    ("now", "datetime"),
    ("utcnow", "datetime"),
    ("today", "datetime"),
    ("today", "date"),
    ("time", "time"),
    ("time_ns", "time"),
}
DATABASE_CLOCKS = {("now", "func"), ("current_timestamp", "func"), ("clock_timestamp", "func")}
ENDINGS = {"commit", "rollback"}
MAY_ASK_THE_TIME = {"runtime/clock.py", "runtime/telemetry.py"}

Broken = Iterator[str]


def calls_the_network_in_a_transaction(source: Source) -> Broken:
    """No call to a processor or another server while a transaction is open (PAY-7).

    Open is every `async with ... .transaction(...)`, and every function that takes a `tx`.
    """
    for node in ast.walk(source.tree):
        if _opens_a_transaction(node) or _joins_a_transaction(node):
            yield from _network_calls(source, node)


def _opens_a_transaction(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncWith) and any(
        isinstance(item.context_expr, ast.Call)
        and next(names_in(item.context_expr), None) == "transaction"
        for item in node.items
    )


def _joins_a_transaction(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        _boundary(parameter) == "tx" for parameter in parameters(node)
    )


def _network_calls(source: Source, inside: ast.AST) -> Broken:
    for node in ast.walk(inside):
        if isinstance(node, ast.Call) and NETWORK & set(names_in(node.func)):
            yield f"{source.path}:{node.lineno} calls {ast.unparse(node.func)}"


def mixes_boundaries(source: Source) -> Broken:
    """A public function of commerce takes one of `tx`, `actor`, `viewer` or `reader`."""
    if not source.stands_in("commerce"):
        return
    for function in functions(source.tree):
        if function.name.startswith("_"):
            continue
        taken = {_boundary(parameter) for parameter in parameters(function)} - {None}
        if len(taken) > 1:
            yield f"{source.path}:{function.lineno} {function.name} takes {sorted(map(str, taken))}"


def _boundary(parameter: ast.arg) -> str | None:
    """Return what a parameter is at the boundary, by its name or by its type."""
    annotation = "" if parameter.annotation is None else ast.unparse(parameter.annotation)
    kinds = set(re.findall(r"\w+", annotation))
    for name, kind in BOUNDARY.items():
        if parameter.arg == name or kind in kinds:
            return name
    return None


def has_a_name_that_says_nothing(source: Source) -> Broken:
    """No utils, helpers, common, misc or manager, anywhere."""
    if NAMES_THAT_SAY_NOTHING & set(source.parts):
        yield source.path


def is_too_long(source: Source) -> Broken:
    """Above 400 lines a second verb is hiding."""
    lines = source.text.count("\n")
    if lines > LONGEST_MODULE:
        yield f"{source.path} has {lines} lines"


def lacks_a_docstring(source: Source) -> Broken:
    """Every module says what lives there."""
    if not ast.get_docstring(source.tree):
        yield source.path


def uses_floats(source: Source) -> Broken:
    """No floating point in core and commerce (MON-1)."""
    if not source.stands_in("core", "commerce"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{source.path}:{node.lineno} writes {node.value}"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield f"{source.path}:{node.lineno} names float"


def asks_for_the_time(source: Source) -> Broken:
    """Time comes from the injected clock; nobody else asks the system, no business the database."""
    if source.path in MAY_ASK_THE_TIME:
        return
    clocks = CLOCKS | DATABASE_CLOCKS if source.stands_in("commerce") else CLOCKS
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and tuple(names_in(node))[:2] in clocks:
            yield f"{source.path}:{node.lineno} asks {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for name in node.names:
                if (name.name, "time") in CLOCKS:
                    yield f"{source.path}:{node.lineno} imports {name.name} from time"


def is_no_room_furniture(source: Source) -> Broken:
    """In a room stand only lifecycle, rules, tables, reads, events, problems, service and verbs."""
    if source.parts[0] != "commerce" or len(source.parts) == 1:
        return
    if len(source.parts) == 2:
        if source.parts[1] != "__init__":
            yield f"{source.path} stands in no room"
        return
    room, piece = source.parts[1:3]
    allowed = FURNITURE | FURNITURE_OF_ROOMS.get(room, set())
    if piece not in allowed and not piece.endswith("ing"):
        yield source.path


def ends_a_transaction(source: Source) -> Broken:
    """A transaction commits on exit and rolls back on any exception; nobody else does either."""
    if source.stands_in("runtime"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and next(names_in(node.func), None) in ENDINGS:
            yield f"{source.path}:{node.lineno} calls {ast.unparse(node.func)}"


def imports_for_types_only(source: Source) -> Broken:
    """Imports that only types need would hide from the import contracts; the graph needs some."""
    if source.stands_in("graph"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            hidden = [line for line in map(ast.unparse, node.body) if "ordergraph" in line]
            yield from (f"{source.path}:{node.lineno} {line}" for line in hidden)
