"""Numbers of records that come among others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.catalogue.record_numbers import SPACING, number_records

SPAN = range(10, 60)
names = st.text("abc", min_size=1, max_size=3)


@given(
    names=st.sets(names, max_size=20),
    coming=st.sets(names, max_size=20),
    numbers=st.sets(st.sampled_from(SPAN), min_size=20, max_size=20),
)
def test_the_numbers_are_in_the_order_of_the_names(
    names: set[str], coming: set[str], numbers: set[int]
) -> None:
    known = sorted(names - coming)
    taken = sorted(numbers)[: len(known)]
    by_number = dict(zip(taken, known, strict=True))
    found = number_records(
        taken, SPAN, [((name, ""), name) for name in coming], lambda n: (by_number[n], "")
    )
    assert found.numbers.keys() == coming
    assert found.moved.keys() <= by_number.keys()
    assert all(number != former for former, number in found.moved.items())
    settled = {found.moved.get(number, number): name for number, name in by_number.items()}
    settled |= {number: name for name, number in found.numbers.items()}
    assert len(settled) == len(known) + len(coming)
    assert [settled[number] for number in sorted(settled)] == sorted({*known, *coming})
    assert settled.keys() <= set(SPAN)


def test_who_comes_between_two_is_put_in_the_middle_and_nobody_moves() -> None:
    found = number_records([10, 14], SPAN, [(("b", ""), "b")], lambda n: ("ac"[n // 14], ""))
    assert (found.numbers, found.moved) == ({"b": 12}, {})


def test_who_comes_last_is_put_as_far_behind_as_in_a_new_catalogue() -> None:
    found = number_records([], SPAN, [((name, ""), name) for name in "ba"], lambda _: ("", ""))
    assert found.numbers == {"a": SPAN.start - 1 + SPACING, "b": SPAN.start - 1 + 2 * SPACING}


def test_a_few_neighbours_move_where_no_number_is_free() -> None:
    taken = [*range(10, 20), 30]
    found = number_records(taken, SPAN, [(("0017", ""), "x")], lambda n: (f"{n:04}", ""))
    assert found.moved.keys() == {17, 18, 19}
    assert 16 < found.numbers["x"] < found.moved[17] < found.moved[18] < found.moved[19] < 30


def test_more_records_than_numbers_are_refused() -> None:
    with pytest.raises(OverflowError, match="no numbers are left of 2"):
        number_records([1, 2], range(1, 3), [(("a", ""), "a")], lambda n: (str(n), ""))
