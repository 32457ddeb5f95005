"""Selecting against a naive judge that looks at one rule at a time, for made-up sets and wishes."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from ordergraph.commerce.modifiers.rules import (
    Modifier,
    ModifierGroup,
    ModifierGroupType,
    ModifierSet,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.commerce.modifiers.selecting import (
    WantedGroup,
    WantedModifier,
    drafted,
    select,
)
from ordergraph.commerce.modifiers.snapshotting import Snapshot
from ordergraph.core.drafts import LineDraft, OrderDraft
from ordergraph.core.ids import new_id
from ordergraph.core.pricing import price
from ordergraph.core.problems import ErrorCode, Findings
from tests.commerce.modifiers.sets import group, modifier, set_of

UNKNOWN = modifier("Unknown")
STATUSES = st.sampled_from([ModifierStatus.ACTIVE] * 4 + [ModifierStatus.INACTIVE])
BOUNDS = st.none() | st.integers(1, 4)
Taken = list[tuple[str, str | None, int, str | None]]
"""Group, modifier, quantity and text of what stands on a line."""


@st.composite
def groups(draw: st.DrawFn, position: int) -> ModifierGroup:
    """A group of which not every bound makes sense: it may have changed since."""
    kind = draw(st.sampled_from([ModifierGroupType.LIST] * 3 + [ModifierGroupType.TEXT]))
    many = 0 if kind is ModifierGroupType.TEXT else draw(st.integers(1, 4))
    held = group(
        f"Group {position}",
        *(
            modifier(
                f"{position}.{number}",
                draw(st.integers(0, 300)),
                draw(st.sampled_from(["USD"] * 9 + ["EUR"])),
                selected_by_default=draw(st.booleans()),
                default_quantity=draw(st.integers(1, 2)),
                taxable=draw(st.booleans()),
                status=draw(STATUSES),
            )
            for number in range(many)
        ),
        type=kind,
        min_selected=draw(st.integers(0, 1 if many == 0 else 2)),
        max_selected=draw(BOUNDS),
        allow_quantities=draw(st.booleans()),
        min_quantity=draw(st.integers(1, 2)),
        max_quantity=draw(BOUNDS),
        max_total_quantity=draw(BOUNDS),
        longest_text=3,
        status=draw(STATUSES),
    )
    held.position = position
    return held


@st.composite
def wishes(draw: st.DrawFn, held: Sequence[ModifierGroup]) -> WantedGroup:
    """What somebody may ask for, of one of the groups or of none of them."""
    group = draw(st.sampled_from(held)) if draw(st.integers(0, 19)) else None
    known = [*(group.modifiers if group else ()), UNKNOWN]
    chosen = st.builds(
        WantedModifier,
        st.sampled_from([each.id for each in known]),
        st.none() | st.integers(0, 4),
    )
    selected = draw(st.none() | st.lists(chosen, max_size=3).map(tuple))
    text = draw(st.none() | st.sampled_from(["", " ", "abc", " abc ", "abcd"]))
    return WantedGroup(group.id if group else new_id(), selected, text)


@st.composite
def cases(draw: st.DrawFn) -> tuple[ModifierSet, list[WantedGroup]]:
    held = [draw(groups(position)) for position in range(draw(st.integers(1, 3)))]
    status = draw(st.sampled_from([ModifierSetStatus.ACTIVE] * 9 + [ModifierSetStatus.RETIRED]))
    wanted = draw(st.lists(wishes(held), max_size=3))
    return set_of(*held, status=status), wanted


@given(cases())
def test_mod_1_to_4_what_may_stand_on_a_line_is_what_a_naive_judge_allows(
    case: tuple[ModifierSet, list[WantedGroup]],
) -> None:
    held, wanted = case
    findings = Findings()
    taken = select(held, wanted, (), "USD", findings)
    codes, expected = judge(held, wanted)
    assert {problem.code for problem in findings.problems} == codes
    if not codes:
        assert [_brief(each) for each in taken] == expected


@given(cases(), st.integers(0, 5_000), st.integers(1, 9))
def test_mod_6_what_was_selected_is_priced_as_it_says(
    case: tuple[ModifierSet, list[WantedGroup]], unit_price: int, quantity: int
) -> None:
    held, wanted = case
    taken = select(held, wanted, (), "USD", Findings())
    line = LineDraft(new_id(), 0, quantity, unit_price, drafted(taken))
    (priced,) = price(OrderDraft("USD", (line,))).lines
    per_unit = sum(each["unitDelta"] * each["quantity"] for each in taken)
    untaxed = sum(
        each["unitDelta"] * each["quantity"] for each in taken if each["taxable"] is False
    )
    assert priced.gross == quantity * (unit_price + per_unit)
    assert priced.taxable == quantity * (unit_price + per_unit - untaxed)


def judge(held: ModifierSet, wanted: list[WantedGroup]) -> tuple[set[ErrorCode], Taken]:
    """Say which codes are due, and what stands on the line when none is."""
    codes: set[ErrorCode] = set()
    taken: Taken = []
    offered = [
        each
        for each in held.groups
        if held.status is ModifierSetStatus.ACTIVE and each.status is ModifierStatus.ACTIVE
    ]
    for each in wanted:
        if each.group_id not in [one.id for one in offered]:
            codes.add(ErrorCode.MODIFIER_NOT_AVAILABLE)
    for one in offered:
        named = [each for each in wanted if each.group_id == one.id]
        if len(named) > 1:
            codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
        asked = named[0] if named else WantedGroup(one.id)
        judging = _judge_text if one.type is ModifierGroupType.TEXT else _judge_list
        more, stands = judging(one, asked)
        codes |= more
        taken += stands
    return codes, taken


def _judge_text(held: ModifierGroup, asked: WantedGroup) -> tuple[set[ErrorCode], Taken]:
    codes: set[ErrorCode] = set()
    text = (asked.text or "").strip()
    if asked.selected or (held.min_selected == 1 and text == ""):
        codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    if len(text) > held.longest_text:
        codes.add(ErrorCode.STRING_TOO_LONG)
    return codes, [(held.name, None, 1, text)] if text else []


def _judge_list(held: ModifierGroup, asked: WantedGroup) -> tuple[set[ErrorCode], Taken]:
    codes: set[ErrorCode] = set()
    active = {each.id: each for each in held.modifiers if each.status is ModifierStatus.ACTIVE}
    if asked.text is not None:
        codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    if asked.selected is None:
        counts = {each.id: each.default_quantity for each in _by_default(active.values())}
    else:
        counts, more = _judge_names(held, asked.selected, active)
        if more:
            return codes | more, []
    if not held.min_selected <= len(counts) <= (held.max_selected or len(counts)):
        codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    if sum(counts.values()) > (held.max_total_quantity or 10**9):
        codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    if any(active[id].unit_price_delta.currency != "USD" for id in counts):
        codes.add(ErrorCode.CURRENCY_MISMATCH)
    return codes, [
        (held.name, each.name, counts[each.id], None)
        for each in held.modifiers
        if each.id in counts
    ]


def _judge_names(
    held: ModifierGroup, selected: Sequence[WantedModifier], active: dict[object, Modifier]
) -> tuple[dict[object, int], set[ErrorCode]]:
    codes: set[ErrorCode] = set()
    counts: dict[object, int] = {}
    if any(each.modifier_id not in active for each in selected):
        codes.add(ErrorCode.MODIFIER_NOT_AVAILABLE)
    known = [each for each in selected if each.modifier_id in active]
    if max(Counter(each.modifier_id for each in known).values(), default=0) > 1:
        codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    firsts = {each.modifier_id: each for each in reversed(known)}
    for id, each in firsts.items():
        quantity = active[id].default_quantity if each.quantity is None else each.quantity
        counts[id] = quantity
        least, most = (
            (held.min_quantity, held.max_quantity or 10**6) if (held.allow_quantities) else (1, 1)
        )
        if each.quantity is not None and not least <= quantity <= most:
            codes.add(ErrorCode.MODIFIER_SELECTION_INVALID)
    return counts, codes


def _by_default(modifiers: Iterable[Modifier]) -> list[Modifier]:
    return [each for each in modifiers if each.selected_by_default]


def _brief(snapshot: Snapshot) -> tuple[str, str | None, int, str | None]:
    name = None if snapshot["modifierId"] is None else snapshot["name"]
    return snapshot["groupName"], name, snapshot["quantity"], snapshot["text"]
