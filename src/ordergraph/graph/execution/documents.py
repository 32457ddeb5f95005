"""Documents, parsed, checked and weighed once, and kept by their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    TokenKind,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.validation import (
    ASTValidationRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.execution.keeping import Kept
from ordergraph.graph.execution.weighing import Weigher, Weight
from ordergraph.graph.limits import Limits

_MOST_ERRORS = 5
_MOST_COMPARISONS = 20_000
_MOST_COSTS = 64


class InvalidDocument(Exception):
    """The document is not valid GraphQL for this schema; `errors` say why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class InvalidVariables(InvalidDocument):
    """The variables do not fit the operation; `errors` say why, to the caller alone.

    As text, which is logged, it tells where and shows no value: values are payment tokens, e-mail
    addresses and the like.
    """

    def __str__(self) -> str:
        return self.errors[0].message.partition(": ")[0]


class _OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The one rule whose work grows with the square of a document, on a budget of our own."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _MOST_COMPARISONS


_RULES: tuple[type[ASTValidationRule], ...] = (
    *(
        _OverlappingFields if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    ),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


@dataclass(slots=True)
class Document:
    """A valid document; its fragments as the executor wants them."""

    text: str
    operations: Sequence[Operation]
    fragment_definitions: Mapping[str, FragmentDefinitionNode]
    fragments: Mapping[str, FragmentDetails]
    registered: bool = False
    """Whether the operator trusts it: it is compiled at its first sight."""

    def choose(self, name: str | None) -> Operation:
        """Return the operation of a name; the name may be left out where there is only one."""
        if name is None and len(self.operations) == 1:
            return self.operations[0]
        if name is None:
            raise Problem(
                ErrorCode.INVALID_FIELD,
                "The document has several operations: say which one with operationName.",
                ("operationName",),
            )
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise Problem(
            ErrorCode.INVALID_FIELD,
            "The document has no operation of this name.",
            ("operationName",),
        )


@dataclass(slots=True)
class Operation:
    """One operation of a valid document and what it weighs."""

    node: OperationDefinitionNode
    weight: Weight
    sizes: Sequence[str]
    """The variables that its cost depends on."""

    document: Document = field(init=False)
    costs: dict[tuple[Any, ...], int] = field(default_factory=dict[tuple[Any, ...], int])
    sights: int = 0
    """How often it was run before it was compiled."""

    known: Any = None
    """What `variables` has found out about its variables."""

    shared_seconds: int | None = None
    """For how long its answers may be shared, once somebody asked."""

    @property
    def name(self) -> str | None:
        return None if self.node.name is None else self.node.name.value

    @property
    def kind(self) -> OperationType:
        return self.node.operation

    @property
    def introspects(self) -> bool:
        """Whether it asks for the schema itself."""
        return self.weight.introspection_depth > 0


class Documents:
    """Prepares documents and keeps the valid ones, the least recently used going first."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept = Kept[Document](limits.cached_characters)
        self._registered = Kept[Document](limits.cached_characters)

    def prepare(
        self, text: str, *, hide_suggestions: bool = False, registered: bool = False
    ) -> Document:
        """Return the document of a text, ready to run.

        What is `registered` is kept apart, so that texts which strangers make up never drive it
        out.

        Raises the `Problem` of a document beyond a limit before anything costly is done with it,
        and `InvalidDocument` for one that does not fit the schema.
        """
        kept = self._registered if registered else self._kept
        known = kept.get(text)
        if known is not None:
            return known
        document = self._prepare(text, hide_suggestions)
        document.registered = registered
        kept.keep(text, document)
        return document

    def cost(self, operation: Operation, variables: Mapping[str, Any]) -> int:
        """Return what running an operation with these raw variables costs, or refuse to (API4)."""
        cost = operation.weight.cost
        if operation.sizes:
            key = tuple(_size(variables.get(name)) for name in operation.sizes)
            known = operation.costs.get(key)
            if known is None:
                known = self._weigher(operation.document, variables).weigh(operation.node).cost
                if len(operation.costs) < _MOST_COSTS:
                    operation.costs[key] = known
            cost = known
        if cost > self._limits.cost:
            raise Problem(
                ErrorCode.QUERY_TOO_COMPLEX,
                f"The operation may cost {min(cost, 10**9)}, and {self._limits.cost} is the most: "
                "ask for smaller pages or fewer lists inside lists.",
            )
        return cost

    def _prepare(self, text: str, hide_suggestions: bool) -> Document:
        tree = self._parse(text)
        document = self._weighed(text, tree)
        errors = validate(
            self._schema,
            tree,
            _RULES,
            max_errors=_MOST_ERRORS,
            hide_suggestions=hide_suggestions,
        )
        if errors:
            if isinstance(errors[0], ValidationAbortedError):
                raise Problem(
                    ErrorCode.QUERY_TOO_COMPLEX, "The document repeats its fields too often."
                )
            raise InvalidDocument(errors)
        return document

    def _parse(self, text: str) -> DocumentNode:
        limits = self._limits
        if len(text) > limits.document_bytes or len(text.encode()) > limits.document_bytes:
            raise Problem(
                ErrorCode.QUERY_TOO_COMPLEX,
                f"The document is longer than {limits.document_bytes} bytes.",
            )
        try:
            tree = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
        except GraphQLSyntaxError as error:
            if " contains more than " in error.message:
                raise Problem(
                    ErrorCode.QUERY_TOO_COMPLEX,
                    f"The document has more than {limits.tokens} tokens.",
                ) from None
            raise InvalidDocument([error]) from None
        kinds = Counter(_kinds(tree))
        for found, most, what in (
            (kinds[TokenKind.AT], limits.directives, "directives"),
            (kinds[TokenKind.COLON], limits.arguments, "arguments"),
        ):
            if found > most:
                raise Problem(
                    ErrorCode.QUERY_TOO_COMPLEX, f"The document has more than {most} {what}."
                )
        return tree

    def _weighed(self, text: str, tree: DocumentNode) -> Document:
        """Weigh every operation of a document and refuse it where one is beyond a limit."""
        fragments = {
            node.name.value: node
            for node in tree.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        nodes = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
        if len(nodes) > self._limits.operations:
            raise Problem(
                ErrorCode.QUERY_TOO_COMPLEX,
                f"The document has more than {self._limits.operations} operations.",
            )
        weigher = Weigher(self._schema, fragments, self._limits, {})
        operations: list[Operation] = []
        for node in nodes:
            weight = weigher.weigh(node)
            self._judge(node, weight)
            operations.append(Operation(node, weight, tuple(sorted(weigher.sizes))))
        document = Document(
            text,
            operations,
            fragments,
            {name: FragmentDetails(node) for name, node in fragments.items()},
        )
        for operation in operations:
            operation.document = document
            if not operation.sizes:
                self.cost(operation, {})
        return document

    def _judge(self, node: OperationDefinitionNode, weight: Weight) -> None:
        limits = self._limits
        if weight.depth > limits.depth or weight.introspection_depth > limits.introspection_depth:
            raise Problem(
                ErrorCode.QUERY_TOO_DEEP,
                f"The document is nested more than {limits.depth} fields deep.",
            )
        mutations = weight.fields if node.operation is OperationType.MUTATION else 0
        for found, most, what in (
            (weight.aliases, limits.aliases, "aliases, with its fragments written out"),
            (weight.introspections, limits.introspections, "questions for the schema"),
            (mutations, limits.root_mutations, "mutations"),
        ):
            if found > most:
                raise Problem(
                    ErrorCode.QUERY_TOO_COMPLEX, f"The operation has more than {most} {what}."
                )

    def _weigher(self, document: Document, variables: Mapping[str, Any]) -> Weigher:
        return Weigher(self._schema, document.fragment_definitions, self._limits, variables)


def _kinds(tree: DocumentNode) -> Iterator[TokenKind]:
    token = None if tree.loc is None else tree.loc.start_token
    while token is not None:
        yield token.kind
        token = token.next


def _size(value: Any) -> int | None:
    """Return what a variable adds to the key of a cost: its number, or its length."""
    if isinstance(value, list):
        return len(value)  # pyright: ignore[reportUnknownArgumentType]
    return value if isinstance(value, int | None) else -1
