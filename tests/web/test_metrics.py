"""What machines watch."""

import httpx2

from ordergraph.web.metrics import AuditFigures, Metrics


async def asked(metrics: Metrics) -> httpx2.Response:
    transport = httpx2.ASGITransport(metrics)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        return await client.get("/metrics")


async def found() -> AuditFigures:
    return AuditFigures(1_795_000_000, {"order.total": 0, "coupon.uses": 3})


async def nothing() -> None:
    return None


async def breaks() -> AuditFigures:
    raise ConnectionError("password=secret")


async def test_each_check_of_the_newest_audit_is_a_figure() -> None:
    answer = await asked(Metrics(found))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'ordergraph_audit_violations{check="coupon.uses"} 3.0' in lines
    assert 'ordergraph_audit_violations{check="order.total"} 0.0' in lines
    assert "ordergraph_audit_finished_timestamp_seconds 1.795e+09" in lines


async def test_before_the_first_audit_there_is_no_figure_of_any_check() -> None:
    answer = await asked(Metrics(nothing))
    assert answer.status_code == 200
    assert "check=" not in answer.text
    assert "ordergraph_audit_finished_timestamp_seconds 0.0" in answer.text


async def test_without_a_database_nothing_internal_is_told() -> None:
    answer = await asked(Metrics(breaks))
    assert (answer.status_code, answer.text) == (503, "unavailable")
    assert answer.headers["cache-control"] == "no-store"
