"""Record sets: positions are unchanged by encoding, at any size."""

from hypothesis import given
from hypothesis import strategies as st

from kg.catalogue import bitmap

MEMBERS = st.sets(st.integers(0, 20_000), max_size=300).map(sorted)


@given(MEMBERS)
def test_encoded_sets_are_decoded_unchanged(positions: list[int]) -> None:
    found = bitmap.decode(bitmap.encode(positions))
    assert list(bitmap.iterate_positions(found)) == positions
    assert len(found) == len(positions)


@given(MEMBERS, st.integers(0, 20_000))
def test_iteration_starts_at_a_position(positions: list[int], start: int) -> None:
    found = bitmap.from_positions(positions)
    assert list(bitmap.iterate_positions(found, start)) == [p for p in positions if p >= start]


@given(MEMBERS, st.integers(0, 1000))
def test_positions_are_shifted_by_start(positions: list[int], start: int) -> None:
    found = bitmap.from_positions((start + p for p in positions), start)
    assert list(found) == positions


@given(MEMBERS, MEMBERS)
def test_common_positions_are_counted(one: list[int], other: list[int]) -> None:
    pair = bitmap.from_positions(one), bitmap.from_positions(other)
    assert bitmap.count_common(*pair) == len({*one} & {*other}) == len(pair[0] & pair[1])


def test_a_long_run_is_compact() -> None:
    assert len(bitmap.encode(range(1_000_000))) < 1000


@given(st.lists(MEMBERS, min_size=1, max_size=3))
def test_all_sets_have_the_positions_of_the_intersection(several: list[list[int]]) -> None:
    found = bitmap.intersection(map(bitmap.from_positions, several))
    assert set(found) == set.intersection(*map(set, several))
