"""Founding merchants and reading their settings."""

import pytest

from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.merchants.reads import environments_of, own_environment
from ordergraph.commerce.merchants.rules import EnvironmentMode, ShopSettings
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problems
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.db.database import Database


async def test_a_merchant_comes_with_a_sandbox_and_a_live_environment(fresh_database: str) -> None:
    clock = ManualClock()
    database = Database(fresh_database, clock)
    wanted = NewMerchant(
        " Coffee Corner ",
        currency="JPY",
        time_zone="Asia/Tokyo",
        settings=ShopSettings(prices_include_tax=True, tax_rounding=TaxRounding.LINE),
    )
    async with database.transaction(Actor.system(new_id(), wanted.id)) as tx:
        founded = await found_merchant(tx, wanted)

    sandbox, live = founded
    assert (sandbox.mode, live.mode) == (EnvironmentMode.SANDBOX, EnvironmentMode.LIVE)
    assert (sandbox.livemode, live.livemode) == (False, True)
    for environment in founded:
        viewer = database.viewer(Actor.system(environment.id, wanted.id))
        assert await own_environment(viewer) == environment
        assert await environments_of(viewer, wanted.id) == founded
    assert sandbox.merchant == live.merchant
    assert sandbox.merchant.name == "Coffee Corner"
    assert sandbox.merchant.currency == "JPY"
    assert sandbox.merchant.time_zone == "Asia/Tokyo"
    assert sandbox.settings == wanted.settings
    assert sandbox.created_at == clock.now()
    assert await own_environment(database.viewer(Actor.system(new_id(), wanted.id))) is None
    await database.close()


async def test_err_1_all_that_is_wrong_with_a_merchant_is_told_at_once(fresh_database: str) -> None:
    database = Database(fresh_database, ManualClock())
    wanted = NewMerchant("  ", currency="usd", time_zone="Mars/Olympus")
    with pytest.raises(Problems) as refused:
        async with database.transaction(Actor.system(new_id(), wanted.id)) as tx:
            await found_merchant(tx, wanted)
    assert [(problem.code, problem.field) for problem in refused.value.problems] == [
        (ErrorCode.FIELD_REQUIRED, ("name",)),
        (ErrorCode.UNKNOWN_CURRENCY, ("currency",)),
        (ErrorCode.INVALID_FORMAT, ("timeZone",)),
    ]
    viewer = database.viewer(Actor.system(new_id(), wanted.id))
    assert await environments_of(viewer, wanted.id) == []
    await database.close()


def test_settings_keep_only_what_differs_from_the_defaults() -> None:
    settings = ShopSettings(tax_rounding=TaxRounding.LINE, allow_negative_stock=True)
    assert settings.as_stored() == {"taxRounding": "LINE", "allowNegativeStock": True}
    assert ShopSettings.stored(settings.as_stored()) == settings
    assert ShopSettings().as_stored() == {}


def test_settings_of_a_newer_release_are_skipped() -> None:
    assert ShopSettings.stored({"openOnSundays": True}) == ShopSettings()
