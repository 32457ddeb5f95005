"""A small schema that goes wrong in every way, and a way to ask it on either executor."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated, Any, Optional

import strawberry
from aiodataloader import DataLoader
from graphql import ExecutionResult
from strawberry.extensions import FieldExtension

from ordergraph.core.problems import ErrorCode, Forbidden, Problem
from ordergraph.graph.execution.compiled import CompiledExecution
from ordergraph.graph.execution.documents import Documents
from ordergraph.graph.execution.reference import ReferenceExecution
from ordergraph.graph.limits import Limits
from ordergraph.graph.looking import selects


class Context:
    """Counts what is called."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.batches: list[list[int]] = []
        self.loader: DataLoader[int, str] = DataLoader(self._load)

    async def _load(self, keys: list[int]) -> list[str]:
        self.batches.append(keys)
        return [f"loaded {key}" for key in keys]


Info = strawberry.Info[Context, None]


class Shouting(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        return next_(source, info, **arguments).upper()


@strawberry.type
class Leaf:
    text: str
    number: int = 1

    @strawberry.field
    def refused(self, info: Info) -> str | None:
        info.context.calls["refused"] += 1
        raise Forbidden(["leaves"], "The field refused")

    @strawberry.field
    def strict(self) -> str:
        raise Problem(ErrorCode.RESOURCE_DELETED, "It is gone.")

    @strawberry.field
    async def crash(self, info: Info) -> str:
        info.context.calls["crash"] += 1
        raise RuntimeError("secret")

    @strawberry.field
    async def loaded(self, info: Info) -> str:
        return await info.context.loader.load(self.number)

    @strawberry.field
    def where(self, info: Info) -> str:
        return ".".join(str(step) for step in info.path.as_list())

    @strawberry.field
    def later(self, info: Info) -> list[str]:
        async def answer() -> list[str]:
            await asyncio.sleep(0)
            return ["late"]

        return answer()  # type: ignore[return-value]

    @strawberry.field
    def soon(self, info: Info) -> str:
        if self.number == 1:
            return "at once"

        async def answer() -> str:
            await asyncio.sleep(0)
            return "soon"

        return answer()  # type: ignore[return-value]

    @strawberry.field(extensions=[Shouting()])
    def shouted(self) -> str:
        return self.text


@strawberry.type
class Other:
    name: str


@strawberry.type
class Nest:
    """Objects and lists in each other, of which some may be missing."""

    leaf: Leaf
    below: Optional["Nest"]
    twigs: list["Nest"]
    holes: list[Optional["Nest"]] | None
    grid: list[list[int]]


def nest(depth: int) -> Nest:
    """Build a nest in which every kind of child is there, and missing at the bottom."""
    if depth == 0:
        return Nest(leaf=Leaf(text="bottom"), below=None, twigs=[], holes=None, grid=[])
    below = nest(depth - 1)
    return Nest(
        leaf=Leaf(text=f"at {depth}", number=depth),
        below=below,
        twigs=(below, below),  # type: ignore[arg-type]
        holes=[below, None, Problem(ErrorCode.RESOURCE_DELETED, "Gone.")],  # type: ignore[list-item]
        grid=[[depth], [], [2**31 - 1]],
    )


Either = Annotated[Leaf | Other, strawberry.union("Either")]


@strawberry.type
class Query:
    @strawberry.field
    async def leaf(self, info: Info, number: int = 1) -> Leaf | None:
        info.context.calls["leaf"] += 1
        return Leaf(text="green", number=number)

    @strawberry.field
    def leaves(self, count: int = 2) -> list[Leaf]:
        return [Leaf(text=f"leaf {number}", number=number) for number in range(count)]

    @strawberry.field
    def some(self) -> list[Leaf | None]:
        return [
            Leaf(text="first"),
            None,
            Problem(ErrorCode.RESOURCE_DELETED, "Gone."),
            Leaf("last"),
        ]  # type: ignore[list-item]

    @strawberry.field
    def either(self, other: bool = False) -> Either:
        return Other(name="other") if other else Leaf(text="leaf")

    @strawberry.field
    def neither(self) -> Either | None:
        return "neither"  # type: ignore[return-value]

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def nest(self) -> Nest:
        return nest(3)

    @strawberry.field
    def ahead(self, info: Info) -> list[Leaf]:
        info.context.calls["ahead"] += 1
        return [Leaf(text="with a number" if selects(info, "number") else "without")]

    @strawberry.field
    async def doubtful(self, value: int) -> int | None:
        return value


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def grow(self, info: Info, fails: bool = False) -> Leaf | None:
        info.context.calls["grow"] += 1
        if fails:
            raise RuntimeError("secret")
        return Leaf(text="new", number=info.context.calls["grow"])


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def falling(self, count: int = 3) -> AsyncGenerator[Leaf]:
        for number in range(count):
            yield Leaf(text="falls", number=2**40 if number == 1 else number)


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


@dataclass
class Small:
    """Asks both executors; each document is one that the operator registered."""

    registered: bool = True
    documents: Documents = field(default_factory=lambda: Documents(SCHEMA._schema, Limits()))
    reference: ReferenceExecution = field(
        default_factory=lambda: ReferenceExecution(SCHEMA._schema)
    )
    compiled: CompiledExecution = field(default_factory=lambda: CompiledExecution(SCHEMA._schema))

    def prepare(self, text: str, variables: dict[str, Any]) -> tuple[Any, Any]:
        document = self.documents.prepare(text)
        document.registered = self.registered
        operation = document.choose(None)
        return operation, self.compiled.coerce(operation, variables)

    async def ask(self, text: str, context: Context | None = None, **variables: Any) -> Any:
        """Return the answer of the plans, which must be that of graphql-core."""
        asked = self.prepare(text, variables)
        expected = shown(await self.reference.run(*asked, Context()))
        answer = shown(await self.compiled.run(*asked, context or Context()))
        assert answer == expected
        return answer


def shown(result: ExecutionResult) -> Any:
    """Write all of a result that clients can see."""
    return result.formatted
