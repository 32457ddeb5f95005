"""Registering customers."""

from dataclasses import dataclass, field
from typing import Any

from ordergraph.commerce.customers.reads import Customer
from ordergraph.commerce.customers.rules import email_key
from ordergraph.commerce.customers.tables import CustomerRow
from ordergraph.core.addresses import Address
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import LONGEST_NAME, check_email, check_phone, check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import ConstraintViolated


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What a customer is registered with."""

    email: str
    name: str | None = None
    phone: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    external_reference_id: str | None = None
    tax_exempt: bool = False
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


async def create_customer(database: Database, actor: Actor, wanted: NewCustomer) -> Customer:
    """Register a customer; an address in use whatever its case is `EMAIL_ALREADY_USED`."""
    customer = _checked(database, wanted)
    try:
        async with database.transaction(actor) as tx:
            await tx.add(
                CustomerRow,
                {
                    "id": customer.id,
                    "email": customer.email,
                    "email_key": email_key(customer.email),
                    "name": customer.name,
                    "phone": customer.phone,
                    "shipping_address": _stored(customer.shipping_address),
                    "billing_address": _stored(customer.billing_address),
                    "external_reference_id": customer.external_reference_id,
                    "tax_exempt": customer.tax_exempt,
                    "metadata": customer.metadata,
                    "version": customer.version,
                    "created_at": customer.created_at,
                    "updated_at": customer.updated_at,
                },
            )
            tx.remember("customer", Prefix.CUSTOMER, customer.id)
    except ConstraintViolated as violated:
        if violated.constraint == "uq_customers_email":
            raise Problem(
                ErrorCode.EMAIL_ALREADY_USED,
                "Another customer has this e-mail address.",
                ("email",),
            ) from violated
        raise
    return customer


def _checked(database: Database, wanted: NewCustomer) -> Customer:
    findings = Findings()
    email = check_email(findings, wanted.email, "email")
    name = check_text(findings, wanted.name, LONGEST_NAME, "name")
    phone = check_phone(findings, wanted.phone, "phone")
    reference = check_text(
        findings, wanted.external_reference_id, LONGEST_NAME, "externalReferenceId", least=1
    )
    for address, path in (
        (wanted.shipping_address, "shippingAddress"),
        (wanted.billing_address, "billingAddress"),
    ):
        if address is not None:
            address.check(findings, path)
    metadata = merge_metadata(findings, {}, wanted.metadata, "metadata")
    findings.settle()
    now = database.clock.now()
    return Customer(
        id=new_id(),
        email=email or "",
        name=name,
        phone=phone,
        shipping_address=wanted.shipping_address,
        billing_address=wanted.billing_address,
        external_reference_id=reference,
        tax_exempt=wanted.tax_exempt,
        metadata=metadata,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _stored(address: Address | None) -> dict[str, Any] | None:
    return None if address is None else address.as_stored()
