"""Requests that come again."""

import orjson
import pytest

from ordergraph.core.problems import Problem
from ordergraph.graph.transport import recent
from ordergraph.graph.transport.decoding import Undecodable
from ordergraph.graph.transport.recent import RecentRequests
from ordergraph.graph.transport.requests import GraphQLRequest


def body(**variables: object) -> bytes:
    return orjson.dumps({"query": "{ a }", "variables": variables})


def test_a_body_that_comes_again_is_not_read_again() -> None:
    requests = RecentRequests()
    first = requests.read(body(first=20, id="x", on=True, after=None))
    variables = {"first": 20, "id": "x", "on": True, "after": None}
    assert first == GraphQLRequest("{ a }", None, variables)
    assert requests.read(body(first=20, id="x", on=True, after=None)) is first
    assert requests.read(body(first=21)).variables == {"first": 21}


@pytest.mark.parametrize("value", [[], {}, [1], {"a": 1}, 1.5])
def test_what_somebody_could_change_is_shared_with_nobody(value: object) -> None:
    requests = RecentRequests()
    first, second = requests.read(body(input=value)), requests.read(body(input=value))
    assert first == second
    assert first.variables is not second.variables


def test_a_long_body_is_not_remembered() -> None:
    requests = RecentRequests()
    long = body(text="x" * 4_096)
    assert requests.read(long) is not requests.read(long)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST", 3)
    requests = RecentRequests()
    first = requests.read(body(first=0))
    for number in range(1, 4):
        requests.read(body(first=number))
    again = requests.read(body(first=0))
    assert again == first
    assert again is not first


def test_what_is_refused_is_refused_each_time() -> None:
    requests = RecentRequests()
    for _ in range(2):
        with pytest.raises(Problem):
            requests.read(b"[]")
        with pytest.raises(Undecodable):
            requests.read(b"{")
