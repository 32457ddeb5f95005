"""The rows that search looks at: one text for each product and bundle."""

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of


class SearchDocumentRow(TenantRow):
    """What is said of a product or bundle, weighted: name, SKUs, categories, description.

    `id` is that of the product or bundle; `active` is whether buyers may find it.
    """

    __tablename__ = "search_documents"

    kind: Mapped[MemberKind] = mapped_column(one_of(MemberKind, "kind"))
    active: Mapped[bool]
    document: Mapped[str] = mapped_column(TSVECTOR)

    __table_args__ = (Index("ix_search_documents_document", "document", postgresql_using="gin"),)
