"""The rows that search looks at: one text for each product and bundle."""

from sqlalchemy import Index, Integer
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of


class SearchDocumentRow(TenantRow):
    """What is said of a product or bundle that is not deleted; `id` is that of it.

    `document` has its words, each marked with its environment and with where it stands: see
    `documenting`. `place` orders what ranks equal: at random, but always the same, so that a few
    rows in its order are a fair sample of all. The price is the lowest that it is sold for.
    """

    __tablename__ = "search_documents"

    kind: Mapped[MemberKind] = mapped_column(one_of(MemberKind, "kind"))
    product_type: Mapped[ProductType | None] = mapped_column(one_of(ProductType, "product_type"))
    currency: Mapped[str]
    lowest_price_minor: Mapped[int]
    place: Mapped[int] = mapped_column(Integer)
    document: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (
        # Without a list of pending entries, which every search would read to its end.
        Index(
            "ix_search_documents_document",
            "document",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_search_documents_place", "environment_id", "place", "id"),
    )
