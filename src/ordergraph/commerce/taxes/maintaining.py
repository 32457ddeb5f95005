"""Making and deleting tax rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from ordergraph.commerce.taxes.reads import active_rates
from ordergraph.commerce.taxes.tables import TaxRateRow
from ordergraph.core.addresses import check_country
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.jurisdictions import TaxType
from ordergraph.core.percents import MOST_PERCENT, parse_percent
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.taxes import TaxRate, modes_collide
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Transaction

_LEAST_PERCENT = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewTaxRate:
    """What a tax rate is made with; what is None or empty places no condition.

    It is for one `tax_category` or for `tax_categories`, and active from `active_from` on until
    just before `active_to`.
    """

    name: str
    percent: str
    inclusive: bool = False
    country: str | None = None
    region: str | None = None
    postal_prefix: str | None = None
    tax_category: TaxCategory | None = None
    tax_categories: Sequence[TaxCategory] = ()
    type: TaxType = TaxType.SALES_TAX
    active_from: datetime | None = None
    active_to: datetime | None = None


async def create_tax_rate(database: Database, actor: Actor, wanted: NewTaxRate) -> TaxRate:
    """Make a tax rate; orders that are not paid yet are taxed by it from their next change on.

    A rate that could meet one of the other price mode on a line is `INVALID_FIELD` (PRC-40).
    """
    async with database.transaction(actor) as tx:
        rate = _checked(tx, wanted)
        await tx.execute(_ALONE)
        _refuse_mixed_modes(rate, await active_rates(tx))
        await tx.add(
            TaxRateRow,
            {
                "id": rate.id,
                "name": rate.name,
                "percent": rate.percent,
                "inclusive": rate.inclusive,
                "country": rate.country,
                "region": rate.region,
                "postal_prefix": rate.postal_prefix,
                "tax_categories": [each.value for each in rate.tax_categories],
                "type": rate.type,
                "active_from": rate.active_from,
                "active_to": rate.active_to,
                "created_at": rate.created_at,
            },
        )
        tx.remember("tax_rate", Prefix.TAX_RATE, rate.id)
    return rate


async def delete_tax_rate(database: Database, actor: Actor, id: UUID) -> None:
    """Take a tax rate out of force; the taxes of paid orders stay as they are (TAX-6)."""
    async with database.transaction(actor) as tx:
        if not (await tx.execute(_DELETED, {"wanted": id, "at": tx.now})).rowcount:
            raise not_found("tax rate", "id")
        tx.remember("deleted_id", Prefix.TAX_RATE, id)


def _checked(tx: Transaction, wanted: NewTaxRate) -> TaxRate:
    findings = Findings()
    name = check_text(findings, wanted.name, LONGEST_NAME, "name", least=1)
    percent = _LEAST_PERCENT
    try:
        percent = parse_percent(wanted.percent, _LEAST_PERCENT, MOST_PERCENT, ("percent",))
    except Problem as problem:
        findings.note(problem)
    if wanted.country is not None:
        check_country(findings, wanted.country, "country")
    region = _check_place(findings, wanted.region, "region")
    postal_prefix = _check_place(findings, wanted.postal_prefix, "postalPrefix")
    categories = _check_categories(findings, wanted)
    start, end = wanted.active_from, wanted.active_to
    if start is not None and end is not None and start >= end:
        findings.add(
            ErrorCode.INVALID_DATE_RANGE, "activeFrom must lie before activeTo.", "activeTo"
        )
    findings.settle()
    return TaxRate(
        id=new_id(),
        name=name or "",
        percent=percent,
        inclusive=wanted.inclusive,
        created_at=tx.now,
        country=wanted.country,
        region=region,
        postal_prefix=postal_prefix,
        tax_categories=categories,
        type=wanted.type,
        active_from=start,
        active_to=end,
    )


def _check_categories(findings: Findings, wanted: NewTaxRate) -> Sequence[TaxCategory]:
    """Return the categories in the order of the enumeration, each once."""
    if wanted.tax_category is not None and wanted.tax_categories:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "Name one taxCategory or several taxCategories.",
            "taxCategories",
        )
    named = {*wanted.tax_categories, *([wanted.tax_category] if wanted.tax_category else [])}
    return tuple(each for each in TaxCategory if each in named)


def _check_place(findings: Findings, text: str | None, field: str) -> str | None:
    """Return a place's code trimmed; one without a letter or digit would match every place."""
    place = check_text(findings, text, LONGEST_NAME, field)
    if place is not None and not any(character.isalnum() for character in place):
        findings.add(ErrorCode.INVALID_FORMAT, f"{field} needs letters or digits.", field)
    return place


def _refuse_mixed_modes(rate: TaxRate, others: Sequence[TaxRate]) -> None:
    for other in others:
        if modes_collide(rate, other):
            raise Problem(
                ErrorCode.INVALID_FIELD,
                f"With the rate {other.name} a line could be taxed both inside its price and on "
                "top of it.",
                ("inclusive",),
            )


# Two rates made at the same moment would not see each other and could mix the modes.
_ALONE = select(func.pg_advisory_xact_lock(func.uuid_hash_extended(ENVIRONMENT, 0)))
_DELETED = (
    update(TaxRateRow)
    .where(
        within(TaxRateRow), TaxRateRow.id == bindparam("wanted"), TaxRateRow.deleted_at.is_(None)
    )
    .values(deleted_at=bindparam("at"))
)
