"""The plans that are kept: by the text of their operation, the least recently used going first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import structlog
from graphql import GraphQLSchema
from graphql.execution.values import VariableValues

from ordergraph.graph.execution.arguments import Arguments
from ordergraph.graph.execution.collecting import Unsupported, switch_names
from ordergraph.graph.execution.compiler import compile_operation
from ordergraph.graph.execution.documents import Operation
from ordergraph.graph.execution.plan import Plan

SIGHTS = 3
"""At which sight a text is worth a compilation, unless it is registered."""

MOST_SETTINGS = 16
"""For how many settings of its @skip and @include one operation is compiled."""

_log = structlog.get_logger(__name__)


class _Entry:
    """One operation: what its plans depend on, and its plans; None stands for graphql-core."""

    __slots__ = ("plans", "size", "switches")

    def __init__(self, switches: Sequence[str] | None) -> None:
        self.switches = switches
        self.plans: dict[tuple[object, ...], Plan | None] = {}
        self.size = 1


class Plans:
    """Compiles operations that come again, and keeps so many of their plans.

    What is registered is compiled at its first sight and kept apart, so that texts which a
    stranger makes up never drive it out.
    """

    def __init__(self, schema: GraphQLSchema, most_fields: int) -> None:
        self._schema = schema
        self._arguments = Arguments(schema)
        self._registered = _Kept(most_fields)
        self._others = _Kept(most_fields)

    def find(self, operation: Operation, variables: VariableValues) -> Plan | None:
        """Return the plan of an operation with these variables; None is for graphql-core."""
        document = operation.document
        kept = self._registered if document.registered else self._others
        key = (document.text, operation.name)
        entry = kept.get(key)
        if entry is None:
            operation.sights += 1
            if operation.sights < SIGHTS and not document.registered:
                return None
            entry = _Entry(_switches(operation))
            kept.keep(key, entry)
        if entry.switches is None:
            return None
        values = tuple([variables.coerced.get(name) for name in entry.switches])
        if values not in entry.plans:
            if len(entry.plans) >= MOST_SETTINGS:
                return None
            plan = self._compiled(operation, entry.switches, values)
            entry.plans[values] = plan
            kept.grow(entry, 1 if plan is None else plan.size)
        return entry.plans[values]

    def _compiled(
        self, operation: Operation, switches: Sequence[str], values: Sequence[object]
    ) -> Plan | None:
        settings = {
            name: value
            for name, value in zip(switches, values, strict=True)
            if isinstance(value, bool)
        }
        if len(settings) < len(switches):
            return None  # null for a switch: graphql-core says so
        try:
            return compile_operation(self._schema, operation, settings, self._arguments)
        except Unsupported as reason:
            _log.info("operation not compiled", operation=operation.name, reason=str(reason))
        except Exception:
            _log.exception("operation not compiled", operation=operation.name)
        return None


class _Kept:
    """Entries, limited by the fields that their plans have in all."""

    def __init__(self, most_fields: int) -> None:
        self._most_fields = most_fields
        self._fields = 0
        self._entries: OrderedDict[tuple[str, str | None], _Entry] = OrderedDict()

    def get(self, key: tuple[str, str | None]) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def keep(self, key: tuple[str, str | None], entry: _Entry) -> None:
        self._entries[key] = entry
        self._fields += entry.size
        self._shrink()

    def grow(self, entry: _Entry, size: int) -> None:
        """Count what was added to the entry that was used last."""
        entry.size += size
        self._fields += size
        self._shrink()

    def _shrink(self) -> None:
        while self._fields > self._most_fields and len(self._entries) > 1:
            _, gone = self._entries.popitem(last=False)
            self._fields -= gone.size


def _switches(operation: Operation) -> Sequence[str] | None:
    try:
        return switch_names(operation.node, operation.document.fragment_definitions)
    except Unsupported:
        return None
