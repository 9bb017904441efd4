"""Cursors: only cursors of this release and sort order are accepted."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from kg.catalogue.keyset import Cursor, decode_cursor
from kg.errors import BadRequest

ANYTHING = some.recursive(
    some.none() | some.booleans() | some.floats() | some.text(max_size=5)
    | some.integers(-(2**63), 2**64 - 1),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=3), inner),
    max_leaves=5,
)  # fmt: skip
SORTS = ("label", "label-en", "date", "-date", "-population", "relevance")


def packed(content: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


@given(some.sampled_from(SORTS), ANYTHING, ANYTHING)
def test_valid_sort_keys_are_accepted(sort: str, value: object, number: object) -> None:
    try:
        found = decode_cursor(packed(["r", sort, value, number]), "r", sort)
    except BadRequest:
        return
    assert type(found[1]) is int
    assert 0 <= found[1] < 2**63
    wanted = {"-population": (int,), "relevance": (int, float)}.get(sort, (str,))
    assert type(found[0]) in wanted or (found[0] is None and sort != "relevance")
    assert not isinstance(found[0], int) or abs(found[0]) < 2**63


@given(ANYTHING | some.lists(ANYTHING, min_size=4, max_size=4))
def test_other_contents_are_refused(content: object) -> None:
    with pytest.raises(BadRequest):
        decode_cursor(packed(content), "another release", "label")


@given(some.text() | some.binary().map(lambda data: data.decode("latin-1")))
def test_arbitrary_texts_are_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        decode_cursor(text, "r", "label")


@pytest.mark.parametrize(
    ("sort", "last"),
    [("label", (None, 3)), ("date", ("2011-05", 0)), ("-population", (12, 7)),
     ("relevance", (-1.25, 4)), ("-date", (None, 9))],
)  # fmt: skip
def test_encoded_cursors_are_decoded_unchanged(sort: str, last: tuple[object, int]) -> None:
    assert decode_cursor(Cursor("r", sort, last).encode(), "r", sort) == last
