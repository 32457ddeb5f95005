"""Looking customers up, and the object that the rest of the house knows them by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select

from ordergraph.commerce.customers.rules import email_key
from ordergraph.commerce.customers.tables import CustomerRow
from ordergraph.core.addresses import Address
from ordergraph.core.paging import Page, PageRequest, cut
from ordergraph.runtime.db.paging import contains, counted_to_limit, paged
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(slots=True)
class Customer:
    """A buyer that the merchant knows."""

    id: UUID
    email: str
    name: str | None
    phone: str | None
    shipping_address: Address | None
    billing_address: Address | None
    external_reference_id: str | None
    tax_exempt: bool
    metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


class CustomerSortField(StrEnum):
    """What a list of customers is ordered by."""

    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    EMAIL = "EMAIL"


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers a list has; empty means all."""

    query: str | None = None


_COLUMNS = tuple(column for column in CustomerRow.__table__.c if column.name != "environment_id")
_SORTS = {
    CustomerSortField.CREATED_AT: CustomerRow.created_at,
    CustomerSortField.UPDATED_AT: CustomerRow.updated_at,
    CustomerSortField.EMAIL: CustomerRow.email_key,
}


async def customers_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Customer]:
    """Return the customers among `ids` that exist, by id."""
    rows = await reader.rows(_BY_IDS, {"ids": list(ids)})
    return {row.id: _customer(row) for row in rows}


async def customer_by_email(reader: Reader, email: str) -> Customer | None:
    """Return the customer with this e-mail address, whatever its case."""
    row = await reader.first(_BY_EMAIL, {"wanted": email_key(email)})
    return None if row is None else _customer(row)


async def customer_page(
    reader: Reader, wanted: CustomerFilter, sort: CustomerSortField, page: PageRequest
) -> Page[Customer]:
    """Return one page of customers."""
    rows = await reader.rows(paged(_filtered(wanted), _SORTS[sort], CustomerRow, page))
    return cut([_customer(row) for row in rows], page.limit)


async def customer_count(reader: Reader, wanted: CustomerFilter) -> int:
    """Count the customers of a list, to one beyond the limit of counts."""
    return await counted_to_limit(reader, _filtered(wanted))


def sort_key(customer: Customer, sort: CustomerSortField) -> tuple[datetime | str, UUID]:
    """Return where a customer stands in a list ordered by `sort`."""
    if sort is CustomerSortField.EMAIL:
        return email_key(customer.email), customer.id
    at = customer.created_at if sort is CustomerSortField.CREATED_AT else customer.updated_at
    return at, customer.id


def _filtered(wanted: CustomerFilter) -> Select[Any]:
    statement = select(*_COLUMNS).where(within(CustomerRow))
    if wanted.query:
        statement = statement.where(contains(wanted.query, CustomerRow.email, CustomerRow.name))
    return statement


def _customer(row: Any) -> Customer:
    return Customer(
        id=row.id,
        email=row.email,
        name=row.name,
        phone=row.phone,
        shipping_address=Address.stored(row.shipping_address),
        billing_address=Address.stored(row.billing_address),
        external_reference_id=row.external_reference_id,
        tax_exempt=row.tax_exempt,
        metadata=row.metadata,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


_BY_IDS = select(*_COLUMNS).where(
    within(CustomerRow), CustomerRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)
_BY_EMAIL = select(*_COLUMNS).where(
    within(CustomerRow), CustomerRow.email_key == bindparam("wanted")
)
