"""Searching the catalog."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles import reads as bundles
from ordergraph.commerce.bundles import rules as bundle_rules
from ordergraph.commerce.catalog import reads as products
from ordergraph.commerce.catalog import rules as product_rules
from ordergraph.commerce.categories.rules import MemberKind, label_key
from ordergraph.commerce.search import finding
from ordergraph.commerce.search.rules import Hit, Search, SearchFilter
from ordergraph.core.ids import Prefix, split
from ordergraph.core.paging import Page, PageRequest
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import LONGEST_SEARCH, check_text
from ordergraph.graph.bundles import types as bundle_types
from ordergraph.graph.caching import CATALOG, Keeping
from ordergraph.graph.catalog import types as catalog
from ordergraph.graph.catalog.enums import ProductType
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import query
from ordergraph.graph.money import MoneyInput, read_money
from ordergraph.graph.paging import After, FilterBy, First, connect, listed
from ordergraph.graph.scopes import require
from ordergraph.graph.search.types import SearchResultConnection
from ordergraph.runtime.actor import Actor

_SCOPES = {MemberKind.PRODUCT: catalog.READ, MemberKind.BUNDLE: bundle_types.READ}
READ = tuple(sorted({scope for scopes in _SCOPES.values() for scope in scopes}))


@strawberry.input(description="A range of prices, both ends included; at least one is needed.")
class PriceRangeInput:
    min: MoneyInput | None = strawberry.field(default=None, description="This much or more.")
    max: MoneyInput | None = strawberry.field(default=None, description="This much or less.")


@strawberry.input(
    description="Which of what was found a search has. What is omitted places no condition."
)
class SearchFilterInput:
    kind: list[MemberKind] | None = strawberry.field(
        default=None, description="One of these kinds."
    )
    product_type: list[ProductType] | None = strawberry.field(
        default=None, description="Products of one of these types; no bundles."
    )
    category: list[str] | None = strawberry.field(
        default=None, description="In one of these categories, named by id, slug or label."
    )
    price: PriceRangeInput | None = strawberry.field(
        default=None, description="The lowest price lies in this range."
    )
    only_in_stock: bool = strawberry.field(
        default=False,
        description="Only products with an active variant that is in stock or not tracked, and "
        "bundles of which all components are.",
    )

    def read(self, findings: Findings) -> SearchFilter:
        """Read the filter; what is wrong with it is noted below `filter`."""
        named = {text: _category_id(text) for text in self.category or ()}
        least, most = _price(self.price, "min", findings), _price(self.price, "max", findings)
        some = least or most
        if least and most and least.currency != most.currency:
            findings.add(
                ErrorCode.CURRENCY_MISMATCH,
                "Both ends of the range must be in one currency.",
                *("filter", "price", "max"),
            )
        return SearchFilter(
            kinds=listed(self.kind or ()),
            types=listed(self.product_type or ()),
            category_ids=listed([id for id in named.values() if id]),
            labels=listed([label_key(text.strip()) for text, id in named.items() if id is None]),
            currency=some.currency if some else None,
            least_minor=least.minor if least else None,
            most_minor=most.minor if most else None,
            only_in_stock=self.only_in_stock,
        )


def _category_id(text: str) -> UUID | None:
    try:
        prefix, id = split(text)
    except Problem:
        return None
    return id if prefix is Prefix.CATEGORY else None


def _price(range: PriceRangeInput | None, end: str, findings: Findings) -> Any:
    value: MoneyInput | None = getattr(range, end, None)
    return None if value is None else read_money(value, findings, "filter", "price", end)


def _products_in(value: Any) -> Iterator[UUID]:
    return (each.id for each in value.nodes if isinstance(each, product_rules.ListedProduct))


def _bundles_in(value: Any) -> Iterator[UUID]:
    return (each.id for each in value.nodes if isinstance(each, bundle_rules.Bundle))


@strawberry.type
class SearchQueries:
    @query(
        *READ,
        description="Products and bundles in which all words of a query stand, best first: exact "
        "SKUs and barcodes, then by where the words stand: name, SKU, category, description. The "
        "last word may be the beginning of one; with fewer than 3 characters it is completed in "
        "names only.",
        keeping=Keeping(CATALOG, _products_in, _bundles_in),
    )
    async def search(
        self,
        info: Info,
        query: Annotated[
            str, strawberry.argument(description="What is looked for, 1 to 200 characters.")
        ],
        first: First = None,
        after: After = None,
        filter: Annotated[SearchFilterInput | None, FilterBy] = None,
    ) -> SearchResultConnection | None:
        search = _read(info.context.actor, query, filter)
        viewer = info.context.viewer
        ranks: dict[UUID, int] = {}

        async def fetch(page: PageRequest) -> Page[Any]:
            found = await finding.search_page(viewer, search, page)
            ranks.update((hit.id, hit.rank) for hit in found.items)
            known = await _found(info.context, found)
            return Page([known[hit.id] for hit in found.items if hit.id in known], found.has_next)

        page: Any = await connect(
            info.context,
            "search",
            first,
            after,
            fetch=fetch,
            count=lambda: finding.search_count(viewer, search),
            key=lambda found: (ranks[found.id], found.id),
            filters=search,
        )
        return SearchResultConnection(
            nodes=page.nodes, page_info=page.page_info, count=page.count, search=search
        )


def _read(actor: Actor, query: str, filter: SearchFilterInput | None) -> Search:
    findings = Findings()
    text = check_text(findings, query.replace("\0", " "), LONGEST_SEARCH, "query", least=1)
    wanted = filter.read(findings) if filter else SearchFilter()
    findings.settle()
    return Search.of(text or "", replace(wanted, kinds=_kinds(actor, wanted.kinds)))


def _kinds(actor: Actor, wanted: Sequence[MemberKind]) -> tuple[MemberKind, ...]:
    """Return what a caller may look for; who asks for what it may not is refused."""
    for kind in wanted:
        require(actor, _SCOPES[kind], f"A search for {kind.value.lower()}s")
    allowed = [kind for kind in MemberKind if not actor.scopes.isdisjoint(_SCOPES[kind])]
    return tuple(wanted) or (() if len(allowed) == len(MemberKind) else tuple(allowed))


async def _found(context: Context, page: Page[Hit]) -> Mapping[UUID, Any]:
    """Read what the hits of a page are, all of a kind in one statement."""
    of_kind = {kind: [hit.id for hit in page.items if hit.kind is kind] for kind in MemberKind}
    reads = {
        MemberKind.PRODUCT: products.products_by_ids,
        MemberKind.BUNDLE: bundles.bundles_by_ids,
    }
    read = [reads[kind](context.viewer, ids) for kind, ids in of_kind.items() if ids]
    found: dict[UUID, Any] = {}
    for known in await asyncio.gather(*read):
        found.update(known)
    return found
