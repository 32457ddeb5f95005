"""Texts that come once do not drive out those in use."""

from ordergraph.graph.execution.keeping import Kept


def test_a_text_in_use_survives_any_number_of_new_ones() -> None:
    kept: Kept[int] = Kept(40)
    kept.keep("used text!", 1)
    assert kept.get("used text!") == 1
    assert kept.get("used text!") == 1
    for number in range(100):
        kept.keep(f"text {number:05}", number)
    assert kept.get("used text!") == 1
    assert [kept.get(f"text {number:05}") for number in range(95, 100)] == [None, None, 97, 98, 99]


def test_a_text_that_came_twice_is_driven_out() -> None:
    kept: Kept[int] = Kept(20)
    kept.keep("0123456789", 1)
    assert kept.get("0123456789") == 1
    kept.keep("abcdefghij", 2)
    kept.keep("ABCDEFGHIJ", 3)
    assert kept.get("0123456789") is None


def test_texts_in_use_leave_a_quarter_of_the_room() -> None:
    kept: Kept[int] = Kept(40)
    for number in range(4):
        kept.keep(f"text {number:05}", number)
        assert kept.get(f"text {number:05}") == number
        assert kept.get(f"text {number:05}") == number
    assert [kept.get(f"text {number:05}") for number in range(4)] == [None, 1, 2, 3]
