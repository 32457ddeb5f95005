"""Callers of a server over HTTP: what they send, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2


@dataclass(slots=True)
class Answer:
    """One answer over HTTP."""

    status: int
    headers: httpx2.Headers
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data of an answer without errors at the top level."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def payload(self) -> Any:
        """The value of the only root field."""
        (value,) = self.data.values()
        return value

    @property
    def done(self) -> Any:
        """The payload of a mutation that was not refused."""
        payload = self.payload
        assert payload["userErrors"] == [], payload
        return payload

    @property
    def codes(self) -> list[str]:
        """The codes of the user errors."""
        return [error["code"] for error in self.payload["userErrors"]]

    @property
    def paths(self) -> list[list[str] | None]:
        """The paths of the user errors."""
        return [error["field"] for error in self.payload["userErrors"]]

    @property
    def top_codes(self) -> list[str]:
        """The codes of the errors at the top level."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]


class Caller:
    """Somebody with a token."""

    def __init__(
        self, http: httpx2.AsyncClient, url: str, token: str, headers: dict[str, str]
    ) -> None:
        self._http = http
        self._url = url
        self.token = token
        self._headers = {"authorization": f"Bearer {token}", **headers}

    def with_secret(self, secret: str) -> Caller:
        """Return the same caller beside the secret of an order."""
        headers = {**self._headers, "ordergraph-order-secret": secret}
        return Caller(self._http, self._url, self.token, headers)

    async def send(
        self,
        document: str,
        *,
        operation: str | None = None,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> Answer:
        """Send one document and return what is answered."""
        body = {"query": document, "variables": variables}
        if operation is not None:
            body["operationName"] = operation
        answer = await self._http.post(
            self._url, json=body, headers={**self._headers, **(headers or {})}
        )
        return Answer(answer.status_code, answer.headers, answer.json())
