"""Statements of resolution: which records of a release are one thing, in a graph of their own.

What a person judged the same is `owl:sameAs`; what is sure by the comparison alone is
`skos:closeMatch`, with a node of the record that says the score and the reasons. What was judged
different is linked by neither.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.namespaces import ID, expand
from kg.resolution.judgements import JUDGEMENTS_FILE, Decision, Judgement, read_judgements
from kg.resolution.queue import QUEUE_FILE, SURE, QueuedPair, compute_id, read_queue
from kg.work_tables import PAIRS, QUADS

RESOLUTION_SOURCE: Final = "resolution"
"""The name of the graph."""
DECIMAL: Final = "http://www.w3.org/2001/XMLSchema#decimal"
DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"

Statement = tuple[str, str, str]


def insert_resolution(db: duckdb.DuckDBPyConnection, data: Path) -> list[str]:
    """Adds the links between records of a build that its files hold; the nodes that state them."""
    judged = read_judgements(data / JUDGEMENTS_FILE)
    queue = read_queue(data / QUEUE_FILE)
    if not judged and not queue:
        return []
    known = _find_known(db, (r for pair in (*judged, *_list_ids(queue)) for r in pair))
    linked = [
        lines
        for left, right, lines in _build_links(queue, judged)
        if left in known and right in known
    ]
    _insert_pairs(db, queue, judged, known)
    rows = [(RESOLUTION_SOURCE, None, *line) for lines in linked for line in lines]
    sql.insert_rows(db, QUADS, rows)
    return [lines[-1][0] for lines in linked]


def _insert_pairs(
    db: duckdb.DuckDBPyConnection,
    queue: Sequence[QueuedPair],
    judged: Mapping[tuple[str, str], Judgement],
    known: Collection[str],
) -> None:
    """Fills `candidate_pair` with the queue, then with what was judged though it is not in it."""
    rows: list[tuple[str, str, str, bool, float | None, str, str]] = []
    for pair in queue:
        decided = judged.get((pair.left, pair.right))
        decision = decided.decision if decided else Decision.UNDECIDED
        rows.append(
            (
                pair.id, pair.left, pair.right, pair.status == SURE, float(pair.score),
                pair.reasons, "" if decision == Decision.UNDECIDED else str(decision),
            )
        )  # fmt: skip
    queued = {(pair.left, pair.right) for pair in queue}
    rows += [
        (compute_id(left, right), left, right, False, None, "", str(judgement.decision))
        for (left, right), judgement in judged.items()
        if (left, right) not in queued and judgement.decision != Decision.UNDECIDED
    ]
    numbered = [
        (number, *row) for number, row in enumerate(rows, 1) if row[1] in known and row[2] in known
    ]
    sql.insert_rows(db, PAIRS, numbered)


def remove_links(db: duckdb.DuckDBPyConnection, nodes: Collection[str]) -> None:
    """Takes back the links that some nodes state, with what the nodes say."""
    if not nodes:
        return
    own = f"source = {sql.literal(RESOLUTION_SOURCE)}"
    ends = db.execute(
        f"SELECT s, p, o FROM {QUADS} WHERE {own} AND s IN (SELECT unnest(?))", [sorted(nodes)]
    ).fetchall()
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for node, predicate, value in ends:
        said[node][predicate] = value.strip("<>")
    subject, link, other = (expand(f"rdf:{end}") for end in ("subject", "predicate", "object"))
    pairs = [(node[subject], node[link], node[other]) for node in said.values()]
    db.executemany(
        f"DELETE FROM {QUADS} WHERE {own} AND s = ? AND p = ? AND o = '<' || ? || '>'",
        [*pairs, *((right, link_, left) for left, link_, right in pairs)],
    )
    db.execute(f"DELETE FROM {QUADS} WHERE {own} AND s IN (SELECT unnest(?))", [sorted(nodes)])
    db.executemany(
        f"DELETE FROM {PAIRS} WHERE one = ? AND other = ?",
        [(left.removeprefix(ID), right.removeprefix(ID)) for left, _, right in pairs],
    )


def _build_links(
    queue: Iterable[QueuedPair], judged: Mapping[tuple[str, str], Judgement]
) -> Iterator[tuple[str, str, list[Statement]]]:
    """The pairs that are linked, each with its statements."""
    for (left, right), judgement in judged.items():
        if judgement.decision == Decision.SAME:
            extra = [("dct:date", _literal(judgement.when, DATE_TIME))] if judgement.when else []
            yield left, right, _state(left, right, "owl:sameAs", "judged", extra)
    for pair in queue:
        known = judged.get((pair.left, pair.right))
        if pair.status != SURE or (known and known.decision != Decision.UNDECIDED):
            continue
        extra = [
            ("ess:matchScore", _literal(pair.score, DECIMAL)),
            ("ess:matchReason", _literal(pair.reasons)),
        ]
        yield (
            pair.left,
            pair.right,
            _state(pair.left, pair.right, "skos:closeMatch", pair.id, extra),
        )


def _state(
    left: str, right: str, predicate: str, name: str, extra: Iterable[tuple[str, str]]
) -> list[Statement]:
    """A link both ways, and the node of the first record that tells of it."""
    one, other = ID + left, ID + right
    node = f"{one}#match-{name}" if name != "judged" else f"{one}#same-as-{right.replace('/', '-')}"
    link = expand(predicate)
    about = (
        ("rdf:type", f"<{expand('ess:Match')}>"),
        ("rdf:subject", f"<{one}>"),
        ("rdf:predicate", f"<{link}>"),
        ("rdf:object", f"<{other}>"),
        *extra,
    )
    return [
        (one, link, f"<{other}>"),
        (other, link, f"<{one}>"),
        *((node, expand(name_), value) for name_, value in about),
    ]


def _literal(text: str, datatype: str = "") -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"^^<{datatype}>' if datatype else f'"{escaped}"'


def _list_ids(queue: Iterable[QueuedPair]) -> Iterator[tuple[str, str]]:
    return ((pair.left, pair.right) for pair in queue)


def _find_known(db: duckdb.DuckDBPyConnection, records: Iterable[str]) -> set[str]:
    """Those of some records that the build has."""
    iris = sorted({ID + record for record in records})
    rows = db.execute(
        f"SELECT DISTINCT s FROM {QUADS} WHERE p = ? AND s IN (SELECT unnest(?))",
        [expand("rdf:type"), iris],
    ).fetchall()
    return {iri.removeprefix(ID) for (iri,) in rows}
