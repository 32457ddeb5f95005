"""Writing the documents of products and bundles: their words, marked for the index.

A mark is the end of the environment's id, so that searches of one environment never read the words
of another, and a letter that says where the word stands:

    n c d   the words of the name, of categories, and of the description and options; as they stand
            and, where the shop's language is English, their stems
    b       the parts of SKUs
    x y     SKUs and barcodes as a whole: of what can be sold, and of inactive variants
    e       the name as a whole
    k t o   a category's id, the product type, the kind
    p       the lowest price: its number of digits, with the first of them, with the first two
    i       inactive, which only merchants find

All is in lower case but what is an id or an enumeration.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.search.rules import LONGEST_WORD, MARKS, PLACES
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.transaction import Transaction

SHOP = """
shop AS MATERIALIZED (
    SELECT right(CAST(id AS text), 6) AS mark, CAST(
        CASE settings ->> 'searchLanguage' WHEN 'SIMPLE' THEN 'simple' ELSE 'english_stem' END
        AS regdictionary) AS dictionary
    FROM environments WHERE id = :scope
)"""
"""The environment's mark, and the dictionary that knows the stems of words."""


async def write_documents(tx: Transaction, ids: Collection[UUID]) -> None:
    """Write the documents of these products and bundles as they are now, in one statement.

    What is deleted has none. Whoever calls has locked the products and bundles, or changed them:
    so the last document written is that of the last change.
    """
    bound = {"ids": list(ids), "marks": MARKS, "blanks": " " * len(MARKS)}
    await tx.fetch(_WRITE, bound)


def _words(letter: str, said: str) -> str:
    """Return SQL for the words of a text, each as it stands and as its stem."""
    return f"""
        SELECT '{letter}', unnest(array_append(ts_lexize(shop.dictionary, word), word))
        FROM unnest(tsvector_to_array(to_tsvector('simple',
            translate({said}, CAST(:marks AS text), CAST(:blanks AS text))))) AS word
    """


_WRITE = Prepared(
    text(f"""
WITH {SHOP},
wanted AS MATERIALIZED (SELECT unnest(CAST(:ids AS uuid[])) AS id),
said AS MATERIALIZED (
    SELECT p.id, 'PRODUCT' AS kind, p.status = 'ACTIVE' AS active, p.product_type, p.currency,
           p.lowest_price_minor, p.name, p.description, p.options
    FROM wanted JOIN products AS p ON p.environment_id = :scope AND p.id = wanted.id
    WHERE p.status <> 'DELETED'
    UNION ALL
    SELECT b.id, 'BUNDLE', b.status = 'ACTIVE', NULL, b.currency,
           b.unit_price_minor, b.name, b.description, '[]'
    FROM wanted JOIN bundles AS b ON b.environment_id = :scope AND b.id = wanted.id
    WHERE b.status <> 'DELETED'
),
gone AS (
    DELETE FROM search_documents AS d USING wanted
    WHERE d.environment_id = :scope AND d.id = wanted.id
      AND NOT EXISTS (SELECT FROM said WHERE said.id = wanted.id)
)
INSERT INTO search_documents AS old (environment_id, id, kind, product_type, currency,
    lowest_price_minor, place, document)
SELECT :scope, s.id, s.kind, s.product_type, s.currency, s.lowest_price_minor,
    CAST(uuid_hash_extended(s.id, 0) & {PLACES - 1} AS integer),
    array_to_tsvector(ARRAY(
        SELECT shop.mark || letter || left(word, {LONGEST_WORD}) FROM (
            {_words("n", "s.name")}
            UNION ALL
            {
        _words(
            "d",
            "concat_ws(' ', s.description, CAST(jsonb_path_query_array("
            "s.options, '$[*].values[*]') AS text))",
        )
    }
            UNION ALL
            SELECT said.* FROM category_members AS m
            JOIN categories AS c ON c.environment_id = :scope AND c.id = m.category_id,
            LATERAL ({_words("c", "c.name")} UNION ALL SELECT 'k', CAST(c.id AS text)) AS said
            WHERE m.environment_id = :scope AND m.member_id = s.id
            UNION ALL
            SELECT said.* FROM (
                SELECT v.id, v.status = 'ACTIVE' AS active FROM variants AS v
                WHERE v.environment_id = :scope AND v.product_id = s.id AND v.status <> 'DELETED'
                UNION ALL SELECT s.id, true WHERE s.kind = 'BUNDLE'
            ) AS coded
            JOIN sellable_codes AS k ON k.environment_id = :scope AND k.id = coded.id,
            LATERAL (
                SELECT CASE WHEN coded.active THEN 'x' ELSE 'y' END, lower(code)
                FROM (VALUES (k.sku), (k.barcode)) AS codes (code)
                UNION ALL
                SELECT 'b', part FROM unnest(tsvector_to_array(to_tsvector('simple',
                    translate(k.sku, CAST(:marks AS text), CAST(:blanks AS text))))) AS part
                WHERE coded.active
            ) AS said
            UNION ALL
            SELECT 'p', length(price) || '.' || left(price, digits)
            FROM CAST(s.lowest_price_minor AS text) AS price, generate_series(0, 2) AS digits
            UNION ALL
            VALUES ('e', lower(s.name)), ('t', s.product_type), ('o', s.kind),
                   ('i', CASE WHEN s.active THEN NULL ELSE '' END)
        ) AS words (letter, word)
        WHERE word IS NOT NULL
    ))
FROM said AS s, shop
ORDER BY s.id
ON CONFLICT (environment_id, id) DO UPDATE SET
    product_type = EXCLUDED.product_type, currency = EXCLUDED.currency,
    lowest_price_minor = EXCLUDED.lowest_price_minor, document = EXCLUDED.document
WHERE (old.product_type, old.currency, old.lowest_price_minor, old.document)
    IS DISTINCT FROM (EXCLUDED.product_type, EXCLUDED.currency, EXCLUDED.lowest_price_minor,
        EXCLUDED.document)
""")
)
