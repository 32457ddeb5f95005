"""The two questions that whoever runs the server asks it."""

import httpx2
import pytest

from ordergraph.web.health import Health


async def asked(health: Health) -> tuple[int, object]:
    transport = httpx2.ASGITransport(health)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        answer = await client.get("/health")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


async def passes() -> bool:
    return True


async def fails() -> bool:
    return False


async def breaks() -> bool:
    raise ConnectionError("password=secret")


async def test_a_process_that_answers_lives() -> None:
    assert await asked(Health()) == (200, {"status": "ok"})


async def test_a_server_whose_check_passes_is_ready() -> None:
    assert await asked(Health(passes)) == (200, {"status": "ok"})


@pytest.mark.parametrize("check", [fails, breaks])
async def test_a_server_whose_check_fails_is_not_ready_and_does_not_say_why(check) -> None:
    assert await asked(Health(check)) == (503, {"status": "unavailable"})
