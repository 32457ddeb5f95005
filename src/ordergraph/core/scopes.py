"""The scopes that a key can hold (domain 22), and those that every publishable key holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ordergraph.core.problems import ErrorCode, Findings

_READ_AND_WRITE = (
    "accounts.api_keys",
    "accounts.devices",
    "checkouts.checkout_sessions",
    "checkouts.payment_links",
    "commerce.bundles",
    "commerce.catalog",
    "commerce.inventory",
    "commerce.invoices",
    "commerce.orders",
    "commerce.products",
    "commerce.promotions",
    "commerce.refunds",
    "commerce.subscription_plans",
    "commerce.subscriptions",
    "customers",
    "developer.partner_apps",
    "developer.sandboxes",
    "merchants.locations",
    "merchants.profile",
    "payments.payment_intents",
    "payments.payment_methods",
    "settings",
    "webhooks",
)

MERCHANT_SCOPES = frozenset(
    {f"{area}.{verb}" for area in _READ_AND_WRITE for verb in ("read", "write")}
    | {"customers.sessions.write", "commerce.refunds.tax_overrides.write"}
)
"""What a secret key may hold; one made without a list holds all of it."""

BUYER_SCOPES = frozenset({"storefront.catalog.read", "storefront.orders.write"})
"""What a browser may do: look at the active catalog, compose and pay its own order."""

ALL_SCOPES = MERCHANT_SCOPES | BUYER_SCOPES


def check_scopes(
    findings: Findings, names: Iterable[str], allowed: frozenset[str], *field: str
) -> Sequence[str]:
    """Return the scopes sorted and without repeats; unknown ones are noted at `field`.

    A key without any scope could do nothing: an empty list is noted too.
    """
    wanted = sorted({name.strip() for name in names})
    if not wanted:
        findings.add(ErrorCode.FIELD_REQUIRED, "A key needs at least one scope.", *field)
    unknown = [name for name in wanted if name not in allowed]
    if unknown:
        findings.add(
            ErrorCode.INVALID_FIELD, f"Not a scope of such a key: {', '.join(unknown)}.", *field
        )
    return wanted
