"""What an operation selects below one of its fields, for resolvers that read it along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

T = TypeVar("T")


class Outlook:
    """The fields below one place, by their names in the schema.

    Conditions are not looked at: what an alias, a type condition, @skip or @include makes of a
    field, it counts as selected. Both executors give the same answers, a plan works each out once.
    """

    __slots__ = ("_answers", "_fragments", "_nodes", "_settled")

    def __init__(
        self, nodes: Sequence[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._nodes = nodes
        self._fragments = fragments
        self._answers: dict[tuple[Any, ...], bool] = {}
        self._settled: dict[Callable[[Outlook], Any], Any] = {}

    def has(self, path: tuple[str, ...]) -> bool:
        """Tell whether a field is selected, `path` leading to it from here."""
        known = self._answers.get(path)
        if known is None:
            known = self._answers[path] = self._find(path)
        return known

    def has_any(self, path: tuple[str, ...], names: tuple[str, ...]) -> bool:
        """Tell whether any of `names` is selected of what `path` leads to."""
        known = self._answers.get((path, names))
        if known is None:
            known = any(self.has((*path, name)) for name in names)
            self._answers[path, names] = known
        return known

    def has_only(self, path: tuple[str, ...], names: Collection[str]) -> bool:
        """Tell whether nothing but `names` is selected of what `path` leads to."""
        sets = [node.selection_set for node in self._at(path) if node.selection_set]
        return all(each.name.value in names for each in self._fields(sets, set()))

    def settle(self, question: Callable[[Outlook], T]) -> T:
        """Return what a function finds here, which is asked once."""
        found = self._settled.get(question, self)
        if found is self:
            found = self._settled[question] = question(self)
        return found

    def _find(self, path: tuple[str, ...]) -> bool:
        return bool(self._at(path))

    def _at(self, path: tuple[str, ...]) -> Sequence[FieldNode]:
        nodes = self._nodes
        for name in path:
            sets = [node.selection_set for node in nodes if node.selection_set]
            nodes = [each for each in self._fields(sets, set()) if each.name.value == name]
        return nodes

    def _fields(self, sets: Sequence[SelectionSetNode], seen: set[str]) -> Iterator[FieldNode]:
        """Yield the fields of selection sets, those of each fragment once."""
        for node in (node for each in sets for node in each.selections):
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields([node.selection_set], seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                yield from self._fields([self._fragments[node.name.value].selection_set], seen)
