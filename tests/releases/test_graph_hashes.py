"""Hashes of graphs whose lines come in order, but for some that are in a file."""

import hashlib

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.releases.canonical_quads import QuadPartition
from kg.releases.graph_hashes import GraphHashes

NAMES = st.lists(st.text("aéz😀", min_size=1, max_size=3), max_size=12)


def create_settled(db: duckdb.DuckDBPyConnection, rows: list[tuple[bool, str, str]]) -> None:
    """A table of quads of one source, each with its place in the order: again, kind, subject."""
    db.execute(
        "CREATE TABLE settled (again BOOLEAN, kind VARCHAR, source VARCHAR, s VARCHAR, p VARCHAR, "
        "o VARCHAR)"
    )
    for again, kind, s in rows:
        db.execute("INSERT INTO settled VALUES (?, ?, 'a', ?, 'p', '\"o\"')", [again, kind, s])


def build_line(subject: str) -> bytes:
    """The line of a quad."""
    return f'<{subject}> <p> "o" <https://w3id.org/ess-kg/graph/a> .\n'.encode()


@given(records=NAMES, others=NAMES, repeated=NAMES, size=st.integers(min_value=1, max_value=5))
def test_lines_in_order_and_others_are_hashed_as_one_sorted_graph(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[str],
    others: list[str],
    repeated: list[str],
    size: int,
) -> None:
    records, others, repeated = (
        list(dict.fromkeys(names)) for names in (records, others, repeated)
    )
    folder = tmp_path_factory.mktemp("hashes")
    with duckdb.connect() as db:
        create_settled(
            db,
            [
                *((False, "", f"{name}/1") for name in others),
                *((False, "topic", f"{name}/2") for name in records),
                *((True, "topic", f"{name}/3") for name in repeated),
            ],
        )
        hashes = GraphHashes(db, folder / "lines")
    lines = sorted(build_line(f"{name}/2") for name in records)
    for start in range(0, len(lines), size):
        chunk = b"".join(lines[start : start + size])
        hashes.add(QuadPartition("topic", "a", is_repeated=False, count=size), chunk)
    subjects = [f"{n}/1" for n in others] + [f"{n}/3" for n in repeated]
    whole = sorted([*lines, *map(build_line, subjects)])
    assert hashes.finish() == ({"a": hashlib.sha256(b"".join(whole)).hexdigest()} if whole else {})
