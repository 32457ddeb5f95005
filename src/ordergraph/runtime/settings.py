"""Settings: what a self-hoster may turn, read from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings: environment variables `ORDERGRAPH_<NAME>`, and `DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix="ORDERGRAPH_", populate_by_name=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    data_dir: Path = Path(".ordergraph")
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = Field(default=1, ge=1)
    """How many processes answer; several have a parent that holds the database and the socket."""
    pool_size: int = 16
    log_json: bool = False
    log_level: str = "info"

    document_bytes: int = 64 * 1024
    body_bytes: int = 256 * 1024
    document_tokens: int = 5_000
    document_depth: int = 12
    introspection_depth: int = 20
    document_aliases: int = 50
    document_cost: int = 10_000
    root_mutations: int = 5
    introspection_in_live: bool = False
    executor: Literal["compiled", "reference"] = "compiled"
    """What runs operations: plans compiled from their texts, or graphql-core alone."""

    only_registered_operations: bool = False
    """Whether documents run only that were registered with `ordergraph operations add`."""

    cache_mb: int = Field(default=0, ge=0)
    """How much one process keeps of answers that may be shared; 0 keeps none."""

    purge_url: AnyHttpUrl | None = None
    """Where the keys of answers are posted that a cache in front has to forget."""

    socket_queue_messages: int = 1_000
    socket_queue_bytes: int = 1024 * 1024
    """How much may wait for a websocket that does not take its events; more closes it."""

    socket_compression: bool = False
    """Whether websockets may compress messages: that costs each of them memory and time."""

    attempt_action_minutes: int = 60
    log_days: int = 30
    fault: str | None = None
    """Names a point at which the sandbox gateway kills the process: only for tests of crashes."""
