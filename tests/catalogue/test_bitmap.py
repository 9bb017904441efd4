"""Sets of records: nothing is lost in either form, whatever the size."""

from hypothesis import given
from hypothesis import strategies as st

from kg.catalogue import bitmap

SIZES = st.integers(1, 20_000)


@st.composite
def members(draw: st.DrawFn) -> tuple[int, list[int]]:
    size = draw(SIZES)
    found = draw(st.sets(st.integers(0, size - 1), max_size=300))
    return size, sorted(found)


@given(members())
def test_what_was_written_is_read(one: tuple[int, list[int]]) -> None:
    size, positions = one
    bits = bitmap.decode(bitmap.encode(positions, size), size)
    assert list(bitmap.positions(bits)) == positions
    assert bits.bit_count() == len(positions)


@given(members(), st.integers(0, 20_000))
def test_positions_from_anywhere(one: tuple[int, list[int]], start: int) -> None:
    size, positions = one
    bits = bitmap.from_positions(positions, size)
    assert list(bitmap.positions(bits, start)) == [p for p in positions if p >= start]


def test_both_forms_are_used() -> None:
    assert bitmap.encode([3], 10_000)[:1] == bitmap.SPARSE
    assert bitmap.encode(list(range(9_000)), 10_000)[:1] == bitmap.DENSE
    assert bitmap.decode(bitmap.encode(list(range(10_000)), 10_000), 10_000) == bitmap.full(10_000)
