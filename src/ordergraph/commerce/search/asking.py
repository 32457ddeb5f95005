"""From a query to what the index is asked: every word, in each part of the documents."""

from ordergraph.commerce.search.documenting import SHOP
from ordergraph.commerce.search.rules import (
    LONGEST_WORD,
    SHORTEST_BEGINNING,
    Rank,
    Search,
    price_bands,
)
from ordergraph.runtime.db.prepared import Values


def asked(search: Search, *, is_buyer: bool) -> Values:
    """Return the values of `ASKED`; browsers are shown what is active, by its codes (SRC-4)."""
    wanted = search.filter
    return {
        "typed": search.text,
        "words": list(search.words),
        "code_letters": "x" if is_buyer else "xy",
        "active": is_buyer,
        "kinds": [kind.value for kind in wanted.kinds],
        "types": [type.value for type in wanted.types],
        "bands": price_bands(wanted.least_minor, wanted.most_minor),
        "category_ids": list(wanted.category_ids),
        "labels": list(wanted.labels),
        "in_categories": bool(wanted.category_ids or wanted.labels),
    }


def _quoted(lexeme: str) -> str:
    """Return SQL for a lexeme as queries are written: nothing in it is understood as more."""
    return f"'''' || replace(replace({lexeme}, '\\', '\\\\'), '''', '''''') || ''''"


def _one_of(letter: str, values: str) -> str:
    """Return SQL for the condition that a document has one of these values: null for none."""
    lexeme = _quoted(f"mark || '{letter}' || one")
    return f"(SELECT '(' || string_agg({lexeme}, '|') || ')' FROM {values})"


def _words(letters: str) -> str:
    """Return SQL for the condition that all words stand in these parts, each in any of them.

    A part without a word has nothing: so nothing is found where no word is left.
    """
    nowhere = _quoted("mark || 'n'")
    return f"""coalesce((
        SELECT string_agg(one, '&') FROM (
            SELECT '(' || string_agg(alternative, '|') || ')' AS one FROM alternatives
            WHERE strpos('{letters}', letter) > 0 GROUP BY at
        ) AS words), {nowhere})"""


def _coded(end: str) -> str:
    """Return SQL for the condition that a code is what was typed, or begins with it."""
    lexeme = _quoted("mark || letter || lower(:typed)")
    return f"""(SELECT string_agg({lexeme} || '{end}', '|')
        FROM string_to_table(CAST(:code_letters AS text), NULL) AS letter)"""


def _only(rank: Rank) -> str:
    """Return SQL for what is found with this rank and with no better one."""
    name = rank.name.lower()
    # The parts of each rank of words are among those of the next: to exclude one excludes all.
    better = {Rank.CODE, Rank.WHOLE_NAME, Rank(rank - 1)} if rank > Rank.WHOLE_NAME else {Rank.CODE}
    names = " || '|' || ".join(each.name.lower() for each in sorted(better))
    excluded = f" || '&!(' || {names} || ')'" if rank else ""
    return f"CAST('(' || {name} || ')'{excluded} || filtered AS tsquery) AS only_{name}"


_MARK_OF_ALTERNATIVES = _quoted(f"mark || letter || left(lexeme, {LONGEST_WORD})")
_INACTIVE = _quoted("mark || 'i'")
_CATEGORIES = """(
    SELECT CAST(id AS text) FROM categories WHERE environment_id = :scope AND (
        id = ANY (CAST(:category_ids AS uuid[]))
        OR slug = ANY (CAST(:labels AS text[])) OR name_key = ANY (CAST(:labels AS text[])))
) AS found (one)"""
_NO_CATEGORY = _quoted("mark || 'k'")

ASKED = f"""
{SHOP},
terms AS (
    SELECT at, at = cardinality(CAST(:words AS text[])) AS is_last,
           length(word) >= {SHORTEST_BEGINNING} AS is_long, plain, stem
    FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS typed (word, at), shop,
         unnest(tsvector_to_array(to_tsvector('simple', word))) AS plain,
         LATERAL (SELECT ts_lexize(shop.dictionary, plain)) AS known (stem)
),
lexemes AS (
    SELECT at, unnest(stem) AS lexeme, false AS begins, false AS begins_all FROM terms
    UNION ALL SELECT at, plain, true, is_long FROM terms WHERE is_last
),
alternatives AS (
    SELECT at, letter, {_MARK_OF_ALTERNATIVES} || CASE
        WHEN begins_all OR begins AND letter = 'n' THEN ':*' ELSE '' END AS alternative
    FROM lexemes, shop, string_to_table('nbcd', NULL) AS letter
),
parts AS (
    SELECT {_words("n")} AS name,
        {_words("nb")} AS codes,
        {_words("nbc")} AS categories,
        {_words("nbcd")} AS description,
        {_coded("")} AS code,
        CASE WHEN length(:typed) >= {SHORTEST_BEGINNING} THEN '|' || {_coded(":*")} ELSE '' END
            AS begun,
        {_quoted("mark || 'e' || lower(:typed)")} AS whole_name,
        concat_ws('&', '', CASE WHEN :active THEN '!' || {_INACTIVE} END,
            {_one_of("o", "unnest(CAST(:kinds AS text[])) AS one")},
            {_one_of("t", "unnest(CAST(:types AS text[])) AS one")},
            {_one_of("p", "unnest(CAST(:bands AS text[])) AS one")},
            CASE WHEN :in_categories THEN coalesce(
                {_one_of("k", _CATEGORIES)}, {_NO_CATEGORY}) END
        ) AS filtered
    FROM shop
),
sought AS (
    SELECT code, whole_name, name, codes || begun AS codes, categories || begun AS categories,
        description || begun AS description, filtered
    FROM parts
),
asked AS MATERIALIZED (
    SELECT CAST(code AS tsquery), CAST(whole_name AS tsquery), CAST(name AS tsquery),
        CAST(codes AS tsquery), CAST(categories AS tsquery),
        CAST('(' || code || '|' || whole_name || '|' || description || ')' || filtered AS tsquery)
            AS anywhere,
        {", ".join(map(_only, Rank))}
    FROM sought
)"""
"""One row: what each rank asks for, alone and with what excludes the better ones."""
