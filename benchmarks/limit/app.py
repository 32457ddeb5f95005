"""The application: a path for each operation, a pool, and no more."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.limit import buying, catalog, orders
from benchmarks.limit.ids import read

_driver: Any = asyncpg  # it ships no types
Operation = Callable[[Any, UUID, dict[str, Any]], Awaitable[Any]]

OPERATIONS: dict[str, Operation] = {
    "product-list": catalog.product_list,
    "product-detail": catalog.product_detail,
    "sku": catalog.by_sku,
    "order-detail": orders.order_detail,
    "order-list": orders.order_list,
    "create-order": buying.create_order,
    "apply-coupon": buying.apply_coupon,
    "pay": buying.pay,
    "refund": buying.refund,
}


class _Connection(asyncpg.Connection):
    """A connection that is given back without a round trip: nothing here changes its state."""

    def get_reset_query(self) -> str:
        return ""


def application() -> Starlette:
    """Build the application; settings come from the environment."""
    tokens = {
        f"Bearer {token}": read(environment)
        for token, environment in orjson.loads(os.environ["LIMIT_TOKENS"]).items()
    }

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        app.state.pool = await _driver.create_pool(
            os.environ["LIMIT_DATABASE"],
            min_size=1,
            max_size=16,
            connection_class=_Connection,
            max_cached_statement_lifetime=0,
            max_inactive_connection_lifetime=0,
            server_settings={"application_name": "limit", "timezone": "UTC", "jit": "off"},
        )
        await buying.prepare(app.state.pool)
        yield
        await app.state.pool.close()

    async def answer(operation: Operation, request: Request) -> Response:
        environment = tokens.get(request.headers.get("authorization", ""))
        if environment is None:
            return Response(status_code=401)
        variables = orjson.loads(await request.body())["variables"]
        data = await operation(request.app.state.pool, environment, variables)
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    routes = [
        Route(f"/{name}", partial(answer, operation), methods=["POST"])
        for name, operation in OPERATIONS.items()
    ]
    return Starlette(routes=routes, lifespan=lifespan)
