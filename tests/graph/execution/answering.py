"""The bytes that one executor answers a document with."""

from dataclasses import replace
from typing import Any

import orjson

from ordergraph.core.problems import Problem
from ordergraph.graph import masking
from ordergraph.graph.context import Context
from ordergraph.graph.execution.compiled import CompiledExecution
from ordergraph.graph.execution.documents import Documents, InvalidDocument, Operation
from ordergraph.graph.execution.reference import ReferenceExecution
from ordergraph.graph.limits import Limits
from ordergraph.runtime.actor import Actor
from tests.world import SCHEMA, World

Execution = ReferenceExecution | CompiledExecution
REQUEST = "req_test"


class Answering:
    """Answers documents on either executor; each is compiled at its first sight."""

    def __init__(self, world: World) -> None:
        schema = SCHEMA._schema
        self.schema = schema
        self.world = world
        self.documents = Documents(schema, Limits())
        self.reference = ReferenceExecution(schema)
        self.compiled = CompiledExecution(schema)
        self.gave_way = 0
        """How often graphql-core answered what was asked of the plans."""

        run = self.compiled._reference.run

        async def counted(operation: Operation, *rest: Any) -> Any:
            self.gave_way += 1
            return await run(operation, *rest)

        self.compiled._reference.run = counted

    async def answer(
        self, execution: Execution, text: str, variables: dict[str, Any], caller: Actor
    ) -> bytes:
        """Return the answer in bytes, refused documents and variables included."""
        try:
            document = self.documents.prepare(text)
            document.registered = True
            operation = document.choose(None)
            self.documents.cost(operation, variables)
            coerced = execution.coerce(operation, variables)
        except InvalidDocument as invalid:
            return orjson.dumps({"errors": masking.refused(invalid.errors, REQUEST)})
        except Problem as problem:
            return orjson.dumps({"errors": masking.stopped(problem, REQUEST)})
        context = Context(self.world.services, replace(caller), REQUEST)
        result = await execution.run(operation, coerced, context)
        errors = masking.failed(result.errors or (), REQUEST)
        return orjson.dumps([result.data, errors, context.extensions])
