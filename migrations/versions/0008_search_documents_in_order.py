"""search documents in order."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TYPES = ("PHYSICAL", "SERVICE", "FEE", "DIGITAL")


def upgrade() -> None:
    # Nothing has written documents yet; the server makes them when it starts.
    op.execute("DELETE FROM search_documents")
    op.drop_column("search_documents", "active")
    op.add_column(
        "search_documents",
        sa.Column(
            "product_type",
            sa.Enum(
                *_TYPES, name="product_type", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
    )
    op.add_column("search_documents", sa.Column("currency", sa.Text(), nullable=False))
    op.add_column(
        "search_documents", sa.Column("lowest_price_minor", sa.BigInteger(), nullable=False)
    )
    op.add_column("search_documents", sa.Column("place", sa.Integer(), nullable=False))
    op.drop_index(
        "ix_search_documents_document", table_name="search_documents", postgresql_using="gin"
    )
    op.create_index(
        "ix_search_documents_document",
        "search_documents",
        ["document"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_search_documents_place",
        "search_documents",
        ["environment_id", "place", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.execute("DELETE FROM search_documents")
    op.drop_index("ix_search_documents_place", table_name="search_documents")
    op.drop_index(
        "ix_search_documents_document", table_name="search_documents", postgresql_using="gin"
    )
    op.create_index(
        "ix_search_documents_document",
        "search_documents",
        ["document"],
        unique=False,
        postgresql_using="gin",
    )
    op.drop_column("search_documents", "place")
    op.drop_column("search_documents", "lowest_price_minor")
    op.drop_column("search_documents", "currency")
    op.drop_column("search_documents", "product_type")
    op.add_column("search_documents", sa.Column("active", sa.Boolean(), nullable=False))
