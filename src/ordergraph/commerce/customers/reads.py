"""Looking customers up, and the object that the rest of the house knows them by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.customers.rules import email_key
from ordergraph.commerce.customers.tables import CustomerRow
from ordergraph.core.addresses import Address
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing, contains, pattern
from ordergraph.runtime.db.prepared import Prepared, Record, Values
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


async def customers_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Customer]:
    """Return the customers among `ids` that exist, by id."""
    rows = await reader.fetch(_BY_IDS, {"ids": ids})
    return {customer.id: customer for customer in map(_customer, rows)}


async def customer_by_email(reader: Reader, email: str) -> Customer | None:
    """Return the customer with this e-mail address, whatever its case."""
    rows = await reader.fetch(_BY_EMAIL, {"wanted": email_key(email)})
    return _customer(rows[0]) if rows else None


async def customer_page(
    reader: Reader, wanted: CustomerFilter, sort: CustomerSortField, page: PageRequest
) -> Page[Customer]:
    """Return one page of customers."""
    found = await _LISTING.page(reader, sort, page, _conditions(wanted))
    return Page([_customer(row) for row in found.items], found.has_next)


async def customer_count(reader: Reader, wanted: CustomerFilter) -> int:
    """Count the customers of a list, to one beyond the limit of counts."""
    return await _LISTING.count(reader, _conditions(wanted))


def sort_key(customer: Customer, sort: CustomerSortField) -> tuple[datetime | str, UUID]:
    """Return where a customer stands in a list ordered by `sort`."""
    if sort is CustomerSortField.EMAIL:
        return email_key(customer.email), customer.id
    at = customer.created_at if sort is CustomerSortField.CREATED_AT else customer.updated_at
    return at, customer.id


def _conditions(wanted: CustomerFilter) -> Values:
    return {"query": pattern(wanted.query)} if wanted.query else {}


def _customer(row: Record) -> Customer:
    id, email, name, phone, shipping_address, billing_address, *rest = row
    return Customer(
        id,
        email,
        name,
        phone,
        Address.stored(shipping_address),
        Address.stored(billing_address),
        *rest,
    )


_CUSTOMERS = select(*columns_of(CustomerRow, Customer)).where(within(CustomerRow))
_BY_IDS = Prepared(_CUSTOMERS.where(CustomerRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_BY_EMAIL = Prepared(_CUSTOMERS.where(CustomerRow.email_key == bindparam("wanted")))
_LISTING = Listing(
    _CUSTOMERS,
    CustomerRow,
    sorts={
        CustomerSortField.CREATED_AT: CustomerRow.created_at,
        CustomerSortField.UPDATED_AT: CustomerRow.updated_at,
        CustomerSortField.EMAIL: CustomerRow.email_key,
    },
    conditions={"query": contains("query", CustomerRow.email, CustomerRow.name)},
)
