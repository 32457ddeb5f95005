"""Finding by text: what is found, and in which order."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.commerce.search import finding
from ordergraph.commerce.search.documenting import write_documents
from ordergraph.commerce.search.faceting import search_facets
from ordergraph.commerce.search.finding import search_page
from ordergraph.commerce.search.rules import (
    PLACES,
    Rank,
    Search,
    SearchFilter,
    price_bands,
    words_of,
)
from ordergraph.core.paging import PageRequest, Position
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db import statements
from tests.commerce.catalog.shelf import create, optioned, variant
from tests.commerce.search.shelves import EVERYTHING, change, found, hits, shelve, speak
from tests.world import World


@pytest.fixture
def much_is_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have two things among eight count as much, so that few products take the way of many."""
    monkeypatch.setattr(finding, "_SAMPLE", 8)
    monkeypatch.setattr(finding, "_ENOUGH", 2)
    finding._page.cache_clear()
    yield
    finding._page.cache_clear()


async def test_src_2_codes_come_first_then_names_skus_categories_and_descriptions(
    world: World,
) -> None:
    described = await shelve(world, "Cup", about="for coffee")
    labelled = await shelve(world, "Mug", categories=["Coffee things"])
    coded = await shelve(world, "Beans", sku="X-COFFEE-A")
    named = await shelve(world, "Ground coffee")
    whole = await shelve(world, "Coffee")
    exact = await shelve(world, "Sack", sku="COFFEE")
    ranked = await hits(world, "coffee")
    assert [hit.id for hit in ranked] == [
        each.id for each in (exact, whole, named, coded, labelled, described)
    ]
    assert [hit.rank // PLACES for hit in ranked] == list(Rank)


async def test_src_2_a_word_counts_where_it_stands_best(world: World) -> None:
    product = await shelve(
        world, "Coffee pot", sku="COFFEE-Z", about="coffee", categories=["coffee"]
    )
    assert [(hit.id, hit.rank // PLACES) for hit in await hits(world, "coffee")] == [
        (product.id, Rank.NAME)
    ]


async def test_src_1_all_words_must_match_wherever_they_stand(world: World) -> None:
    both = await shelve(world, "Blue shirt", about="made of linen", categories=["Summer"])
    await shelve(world, "Blue hat")
    assert await found(world, "summer blue linen") == [both.id]
    assert await found(world, "blue linen wool") == []


async def test_src_1_the_last_word_may_be_a_beginning_and_the_others_may_not(world: World) -> None:
    product = await shelve(world, "Espresso machine", about="chrome", categories=["Kitchen"])
    for query in ("espr", "espresso mach", "machine chro", "machine kitc"):
        assert await found(world, query) == [product.id], query
    assert await found(world, "espr machine") == []


async def test_src_1_a_beginning_of_two_characters_is_completed_in_names_only(world: World) -> None:
    named = await shelve(world, "Chair")
    described = await shelve(world, "Table", about="chestnut, size XL", categories=["Charm"])
    assert await found(world, "ch") == [named.id]
    assert await found(world, "che") == [described.id]
    assert await found(world, "xl") == [described.id]


async def test_skus_are_found_whole_by_their_beginning_and_by_their_parts(world: World) -> None:
    product = await shelve(world, "Beans", sku="COFFEE-ORG-12OZ", barcode="4006381333931")
    other = await shelve(world, "Beans", sku="COFFEEORG-12OZ")
    for query in ("COFFEE-ORG-12OZ", "coffee-org-12oz", "coffee-org", "COFFEE-O", "org 12oz"):
        assert await found(world, query) == [product.id], query
    assert set(await found(world, "coffee")) == {product.id, other.id}
    assert await found(world, "4006381333931") == [product.id]
    assert await found(world, "400638") == [product.id]
    assert [hit.rank // PLACES for hit in await hits(world, "coffee-org-12oz")] == [Rank.CODE]


async def test_a_product_is_found_by_the_sku_of_any_of_its_variants(world: World) -> None:
    shirt = await create(
        world, optioned(variant("S", "Red", sku="SH-1"), variant("L", "Blue", sku="SH-2"))
    )
    assert await found(world, "sh-1") == await found(world, "SH-2") == [shirt.id]
    assert await found(world, "shirt blue") == [shirt.id]  # the values of its options


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Äpfel & Öl", "ÄPFEL öl"),
        ("Crème brûlée", "crème brûl"),
        ("Чай зелёный", "ЧАЙ зелё"),
        ("咖啡豆 深烘", "咖啡"),
        ("コーヒー豆", "コーヒー"),
        ("قهوة عربية", "عربية"),
        ("हिन्दी चाय", "चाय"),
        ("Ελληνικός καφές", "ΕΛΛΗΝΙΚΌς"),
        ("Caffè ☕ macchiato", "CAFFÈ"),
        ("Men\u2019s \u201cEdge\u201d 2\u20133", "men's edge 2-3"),
    ],
)
async def test_src_3_words_of_any_script_are_found_with_their_accents(
    world: World, name: str, query: str
) -> None:
    product = await shelve(world, name)
    await shelve(world, "Creme brulee")
    assert await found(world, query) == [product.id]


async def test_src_3_english_words_are_found_by_their_stems_and_by_what_is_typed(
    world: World,
) -> None:
    product = await shelve(world, "Running shoes", about="organic cotton")
    for query in ("run", "runs", "runni", "running", "shoe", "shoe runs", "organi"):
        assert await found(world, query) == [product.id], query
    assert await found(world, "the running") == [product.id]  # the is no word to look for


async def test_src_3_a_simple_language_takes_words_as_they_stand(world: World) -> None:
    product = await shelve(world, "Running shoes")
    await speak(world, SearchLanguage.SIMPLE)
    later = await shelve(world, "The shoes")
    assert await found(world, "runs shoes") == []
    assert await found(world, "runnin") == [product.id]
    assert await found(world, "the shoes") == [later.id]
    await speak(world, SearchLanguage.ENGLISH)
    assert set(await found(world, "the shoe")) == {product.id, later.id}


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=200))
def test_words_never_have_what_queries_are_written_with(typed: str) -> None:
    assert not set("".join(words_of(typed))) & set("'\\&|!():*<>- \u3000")


ODD = [
    "'", "''", "\\", "\\'", "a' | 'b", "a & ! b", "(", ")", ":*", "a:*", "a:AB", "<->", "a <2> b",
    "'); DROP TABLE products; --", "%", "_", "*", "$1", ":scope", "x" * 200, "a " * 100, "\u200b",
    "\U0001f600", "\u0301", "\x01", "\x7f", "e\u0301", "NULL", "true", "1e400", "-1", "0x1F",
    "http://example.com/a?b=c", "a@b.example", "<b>bold</b>", "&amp;", "/etc/x", "1.5", "1,5",
    "\ud7ff", "\ufffd", "\ufeff", "ﷺ" * 100, "İ", "ß", "ſ", "Ⅷ", "½",
]  # fmt: skip


async def test_src_6_no_query_is_a_syntax_error(world: World) -> None:
    for name in ODD:
        if name.isprintable() and name.strip():
            await shelve(world, name[:255], sku=name[:100])
    for query in ODD:
        await found(world, query)
        await found(world, f"{query} {query}"[:200])
        await found(world, query, caller=world.browser)
    chance = random.Random(7)
    signs = "'\\&|!():*<>-\"%_$ aä\u3000\u0301☕"
    for _ in range(300):
        await found(world, "".join(chance.choices(signs, k=chance.randint(1, 12))).strip() or "'")


async def test_what_is_typed_is_found_exactly_whatever_signs_it_has(world: World) -> None:
    for sku in ("a' | b", "back\\slash", "100%", "x:*", "(1)", "it''s", "!"):
        product = await shelve(world, "Thing", sku=sku)
        assert [(hit.id, hit.rank // PLACES) for hit in await hits(world, sku)] == [
            (product.id, Rank.CODE)
        ]


async def test_src_4_buyers_never_find_what_is_inactive_or_deleted(world: World) -> None:
    shown = await shelve(world, "Tea")
    hidden = await shelve(world, "Tea", product={"status": ProductStatus.INACTIVE})
    shirt = await create(
        world,
        optioned(
            variant("S", "Red", sku="RED-S"),
            variant("L", "Blue", sku="ZZ-77", status=VariantStatus.INACTIVE),
        ),
    )
    assert set(await found(world, "tea")) == {shown.id, hidden.id}
    assert await found(world, "tea", caller=world.browser) == [shown.id]
    assert await found(world, "zz-77") == [shirt.id]
    assert await found(world, "zz-77", caller=world.browser) == []
    assert await found(world, "red-s", caller=world.browser) == [shirt.id]
    await change(world, shown.id, status=ProductStatus.INACTIVE)
    await change(world, hidden.id, status=ProductStatus.ACTIVE)
    assert await found(world, "tea", caller=world.browser) == [hidden.id]


async def test_another_environment_finds_nothing_of_this_one(world: World) -> None:
    await shelve(world, "Tea", sku="TEA")
    assert await found(world, "tea", caller=world.stranger()) == []


@pytest.mark.parametrize("many", [False, True])
async def test_an_environment_whose_words_are_marked_alike_finds_nothing_either(
    world: World, many: bool, request: pytest.FixtureRequest
) -> None:
    if many:
        request.getfixturevalue("much_is_found")
    for number in range(12):
        await shelve(world, "Tea", sku=f"T-{number}")
    twin = UUID(int=world.environment_id.int ^ (1 << 40))
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text(
                "INSERT INTO environments SELECT :twin, merchant_id, mode, settings, created_at "
                "FROM environments WHERE id = :scope"
            ),
            {"twin": twin},
        )
    caller = world.caller(ActorKind.SECRET_KEY, MERCHANT_SCOPES, environment_id=twin)
    assert str(twin)[-6:] == str(world.environment_id)[-6:]
    assert await found(world, "tea", caller=caller) == []
    search = Search.of("tea", EVERYTHING)
    assert (await search_facets(world.database.viewer(caller), search, stock=False)).prices == []


async def test_filters_leave_out_other_kinds_types_categories_and_prices(world: World) -> None:
    cheap = await shelve(world, "Tea", categories=["Hot drinks"])
    dear = await create(
        world,
        optioned(
            variant("S", "Red"),
            variant("L", "Blue"),
            name="Tea",
        ),
    )
    course = await shelve(world, "Tea", product={"product_type": ProductType.SERVICE})
    await price(world, dear.id, 500)

    async def left(**filter: Any) -> set[UUID]:
        return set(await found(world, "tea", SearchFilter(**filter)))

    assert await left(types=(ProductType.SERVICE,)) == {course.id}
    assert await left(labels=("hot drinks",)) == {cheap.id}
    assert await left(labels=("hot-drinks",)) == {cheap.id}
    assert await left(labels=("cold drinks",)) == set()
    usd: dict[str, Any] = {"currency": "USD"}
    assert await left(**usd) == {cheap.id, dear.id, course.id}
    assert await left(**usd, most_minor=500) == {dear.id}
    assert await left(**usd, most_minor=499) == set()
    assert await left(**usd, least_minor=501) == {cheap.id, course.id}
    assert await left(**usd, least_minor=1999, most_minor=1999) == {cheap.id, course.id}
    assert await left(currency="EUR") == set()


async def price(world: World, id: UUID, minor: int) -> None:
    """Have a product cost so much, and searches know it."""
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text(
                "UPDATE products SET lowest_price_minor = :minor "
                "WHERE environment_id = :scope AND id = :id"
            ),
            {"minor": minor, "id": id},
        )
        await write_documents(tx, [id])


async def test_cat_10_only_what_is_in_stock_or_not_tracked(world: World) -> None:
    untracked = await shelve(world, "Tea")
    stocked = await shelve(world, "Tea", initial_quantity=1)
    await shelve(world, "Tea", initial_quantity=0)
    in_stock = SearchFilter(only_in_stock=True)
    assert set(await found(world, "tea", in_stock)) == {untracked.id, stocked.id}


WORDS = ("red", "redder", "blue", "green", "tea", "teapot", "cup", "cups", "pot")


@dataclass(frozen=True)
class Said:
    """What is said of a product, as the naive search looks at it."""

    name: str
    sku: str
    categories: tuple[str, ...]
    about: str

    def rank(self, query: str) -> Rank | None:
        """Return the rank by definition: the best in which all words stand."""
        words = words_of(query.lower())
        parts = {
            Rank.NAME: words_of(self.name.lower()),
            Rank.CODES: words_of(self.sku.lower()),
            Rank.CATEGORIES: words_of(" ".join(self.categories).lower()),
            Rank.DESCRIPTION: words_of(self.about.lower()),
        }
        if self.sku.lower() == query.lower():
            return Rank.CODE
        if self.name.lower() == query.lower():
            return Rank.WHOLE_NAME
        for rank in parts:
            there = [(word, part) for part in parts if part <= rank for word in parts[part]]
            if all(_stands(word, at == len(words) - 1, there) for at, word in enumerate(words)):
                return rank
            if rank is Rank.CODES and len(query) > 2 and self.sku.lower().startswith(query.lower()):
                return rank
        return None


def _stands(word: str, is_last: bool, there: list[tuple[str, Rank]]) -> bool:
    for other, part in there:
        begins = is_last and (len(word) > 2 or part is Rank.NAME)
        if other == word or (begins and other.startswith(word)):
            return True
    return False


async def _shelve_many(world: World) -> dict[UUID, Said]:
    chance = random.Random(11)

    def some(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))

    said: dict[UUID, Said] = {}
    for number in range(45):
        one = Said(
            some(3), f"{chance.choice(WORDS)}-{number}", (some(1),) * chance.randint(0, 1), some(6)
        )
        product = await shelve(
            world, one.name, sku=one.sku, about=one.about, categories=one.categories
        )
        said[product.id] = one
    return said


async def _compare_with_naive(world: World) -> None:
    await speak(world, SearchLanguage.SIMPLE)
    said = await _shelve_many(world)
    queries = [
        *WORDS,
        "r",
        "re",
        "te",
        "tea pot",
        "red te",
        "blue green",
        "tea-1",
        "tea-10",
        "cup-",
    ]
    async with world.database.transaction(world.actor) as tx:
        rows = await tx.rows(
            text("SELECT id, place FROM search_documents WHERE environment_id = :scope")
        )
    places = {row.id: row.place for row in rows}
    for query in queries:
        ranked = {id: one.rank(query) for id, one in said.items()}
        expected = sorted(
            (rank * PLACES + places[id], id) for id, rank in ranked.items() if rank is not None
        )
        for caller in (world.actor, world.browser):
            listed = await hits(world, query, first=4, caller=caller)
            assert [(hit.rank, hit.id) for hit in listed] == expected, query


async def test_pages_have_what_a_naive_search_finds_where_little_is_found(world: World) -> None:
    await _compare_with_naive(world)


@pytest.mark.usefixtures("much_is_found")
async def test_pages_have_what_a_naive_search_finds_where_much_is_found(world: World) -> None:
    await _compare_with_naive(world)


@pytest.mark.usefixtures("much_is_found")
async def test_pag_3_pages_repeat_and_skip_nothing_while_documents_change(world: World) -> None:
    stay = {(await shelve(world, f"Tea {number}")).id for number in range(30)}
    come = [(await shelve(world, f"Cup {number}")).id for number in range(10)]
    search, viewer = Search.of("tea", EVERYTHING), world.database.viewer(world.actor)
    seen: list[UUID] = []
    place: Position | None = None
    for turn in range(100):
        page = await search_page(viewer, search, PageRequest(3, place))
        seen += [hit.id for hit in page.items]
        if not page.has_next:
            break
        place = Position(page.items[-1].rank, page.items[-1].id)
        if turn < len(come):
            await change(world, come[turn], name="Tea of others")
            await shelve(world, "Tea that is new")
            await change(world, min(stay), description=f"Said {turn} times")
    assert len(seen) == len(set(seen))
    assert stay <= set(seen)


@pytest.mark.usefixtures("much_is_found")
async def test_a_page_is_one_statement_whatever_is_found(world: World) -> None:
    for number in range(12):
        await shelve(world, "Tea", sku=f"TEA-{number}", about="green leaves")
    viewer = world.database.viewer(world.actor)
    for query in ("tea", "tea-1", "green leaves", "nothing", "te"):
        for limit in (1, 5, 20):
            with statements.counted() as sent:
                await search_page(viewer, Search.of(query, EVERYTHING), PageRequest(limit))
            assert len(sent) == 1


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.booleans())
def test_bands_of_prices_have_every_price_of_a_range(
    one: int, other: int, price: int, open_ended: bool
) -> None:
    least, most = sorted((one, other))
    bands = price_bands(least, None if open_ended else most)
    text = str(price)
    of_price = {f"{len(text)}.{text[:digits]}" for digits in range(3)}
    if least <= price and (open_ended or price <= most):
        assert of_price & set(bands)
    assert len(bands) == len(set(bands)) <= 13 + 4 * 9
    for edge in (least, most):
        text = str(edge)
        assert {f"{len(text)}.{text[:digits]}" for digits in range(3)} & set(bands)


def test_bands_of_prices_leave_out_what_is_far_from_a_range() -> None:
    assert price_bands(None, None) == ()
    assert price_bands(0, 9) == ["1."]
    assert price_bands(1_000, 1_999) == ["4.1"]
    assert price_bands(1_950, 2_050) == ["4.19", "4.20"]
    assert price_bands(5, 105) == ["1.5", "1.6", "1.7", "1.8", "1.9", "2.", "3.10"]
    assert price_bands(None, 0) == ["1.0"]
