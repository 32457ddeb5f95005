"""`ordergraph merchant`."""

from pathlib import Path
from typing import Any

from ordergraph.cli.working import tell, work_on_database
from ordergraph.commerce.access.opening import OpenedEnvironment, open_merchant
from ordergraph.commerce.merchants.founding import NewMerchant
from ordergraph.core.ids import Prefix, encode


def create_merchant(*, name: str, currency: str, time_zone: str, data_dir: Path | None) -> None:
    """Make a merchant and print its id with the environments and their first keys."""
    wanted = NewMerchant(name, currency=currency, time_zone=time_zone)
    opened = work_on_database(data_dir, lambda database: open_merchant(database, wanted))
    tell(
        {
            "merchantId": encode(Prefix.MERCHANT, wanted.id),
            "environments": [_described(environment) for environment in opened],
        }
    )


def _described(opened: OpenedEnvironment) -> dict[str, Any]:
    return {
        "id": encode(Prefix.ENVIRONMENT, opened.environment.id),
        "mode": opened.environment.mode.value,
        "secretKey": opened.secret.token,
        "publishableKey": opened.publishable.token,
    }
