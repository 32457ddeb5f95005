"""Asking again whether credentials open: once for each, and nothing while nobody is there."""

import asyncio
from typing import Any

from ordergraph.graph.transport.rechecking import Rechecking
from tests.graph.transport.toy import BROWSER, SECRET, Identity, Toy, eventually


async def test_a_credential_is_asked_for_once_however_many_sockets_it_opened() -> None:
    toy = Toy()
    rechecking: Rechecking[Any] = Rechecking(toy, 0.02)
    ended: list[str] = []
    leaving = [
        rechecking.watch(Identity(token), lambda token=token: ended.append(token))
        for token in [SECRET] * 20 + [BROWSER] * 5
    ]
    await eventually(lambda: len(toy.asked) >= 3)
    assert toy.asked[0] == [SECRET, BROWSER]
    toy.revoked.add(SECRET)
    await eventually(lambda: len(ended) >= 20)
    for leave in leaving:
        leave()
    assert set(ended) == {SECRET}
    await asyncio.sleep(0)
    asked = len(toy.asked)
    await asyncio.sleep(0.1)
    assert len(toy.asked) == asked
    assert rechecking._timer is None


async def test_a_question_that_fails_is_asked_again() -> None:
    class Failing(Toy):
        async def still_valid(self, identities: Any) -> Any:
            if await super().still_valid(identities) and len(self.asked) == 1:
                raise RuntimeError("the database is gone")
            return [False for _ in identities]

    toy, ended = Failing(), list[bool]()
    leave = Rechecking(toy, 0.02).watch(Identity(SECRET), lambda: ended.append(True))
    await eventually(lambda: bool(ended))
    leave()
    assert len(toy.asked) == 2


async def test_whoever_comes_again_after_all_have_left_is_watched_again() -> None:
    toy = Toy()
    rechecking: Rechecking[Any] = Rechecking(toy, 0.02)
    for _ in range(2):
        leave = rechecking.watch(Identity(SECRET), lambda: None)
        before = len(toy.asked)
        await eventually(lambda before=before: len(toy.asked) > before)
        leave()
        await asyncio.sleep(0.05)
