"""Linking of records: scored candidates, and the pairs among them that are sure."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import duckdb
from splink import DuckDBAPI, Linker

from kg import sql
from kg.resolution.blocking import add_blocks
from kg.resolution.model import build_settings, describe_levels
from kg.resolution.pairs import MARGIN, ScoredPair

ASSUMED_COUNTS: Final = {"core": 1_000_000, "commune": 20_000, "site": 1_000_000}
"""How many records there are at least among which a value is rare, by column: an installation has
some of those of the country, and a name that one record has here may be that of others elsewhere.
"""
NULL_LEVEL: Final = -1
"""What Splink gives where one of two records says nothing."""
MIN_WEIGHT: Final = -6.0
"""Logarithm of the odds from which on a pair is a candidate."""
SURE_WEIGHT: Final = 2.5
SURE_BY_NAME: Final = -1.0
"""Where the places are not known: the name alone, which nothing else has."""
FREQUENCY_SQL: Final = """
CREATE OR REPLACE TABLE {table} AS
SELECT {column}, greatest(count(*) - 1, 1) / greatest(sum(count(*)) OVER (), {least}) AS tf_{column}
FROM {records} WHERE {column} IS NOT NULL GROUP BY {column}
"""


def link_records(
    db: duckdb.DuckDBPyConnection,
    records: str,
    datasets: Sequence[str] = (),
) -> list[ScoredPair]:
    """Candidates among the records of a table of features, the surest first.

    With two `datasets`, the records of one are compared with those of the other; with none, all
    with all.
    """
    scored = score_records(db, records, datasets, MIN_WEIGHT)
    return decide_pairs(_read_pairs(db, scored), _read_datasets(db, records))


def score_records(
    db: duckdb.DuckDBPyConnection, records: str, datasets: Sequence[str], least: float
) -> str:
    """The name of a table of the pairs that weigh as much, as Splink gives it."""
    add_blocks(db, records, "blocked")
    frequencies = {column: f"frequency_{column}" for column in ASSUMED_COUNTS}
    for column, table in frequencies.items():
        db.execute(
            FREQUENCY_SQL.format(
                table=table, column=column, records="blocked", least=ASSUMED_COUNTS[column]
            )
        )
    parts = {}
    for number, dataset in enumerate(datasets or ("",)):
        chosen = f" WHERE source_dataset = {sql.literal(dataset)}" if dataset else ""
        parts[dataset] = f"blocked_{number}"
        db.execute(
            f"CREATE OR REPLACE TABLE blocked_{number} AS SELECT * EXCLUDE (source_dataset) "
            f"FROM blocked{chosen}"
        )
    found = predict_pairs(DuckDBAPI(connection=db), parts, frequencies, least)
    return str(found.physical_name)


def predict_pairs(
    engine: Any, parts: Mapping[str, Any], frequencies: Mapping[str, Any], least: float
) -> Any:
    """The pairs that weigh as much, as a table of an engine of Splink (DuckDB or Spark).

    `parts` are tables of features with their blocks, by the names of their datasets: of two, the
    records of one are compared with those of the other; of one, all with all. `frequencies` are
    tables of how often the values of a column are.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)  # it prints what it does
    frames = [
        engine.register(table, dataset_display_name=name) if name else engine.register(table)
        for name, table in parts.items()
    ]
    apart = len(frames) > 1
    linker = Linker(
        frames if apart else frames[0],
        build_settings("link_only" if apart else "dedupe_only"),
        log_level=None,
    )
    for column, table in frequencies.items():
        linker.table_management.register_term_frequency_lookup(engine.register(table), column)
    return linker.inference.predict(threshold_match_weight=least, warning_mode="never")


def decide_pairs(
    pairs: Sequence[ScoredPair], datasets: Mapping[str, frozenset[str]]
) -> list[ScoredPair]:
    """The pairs with what is sure among them, the surest first.

    A source has a thing once: two of its records are no pair, what would make them the same is not
    sure, and neither is a pair beside which another comes near.
    """
    pairs = [pair for pair in pairs if not datasets[pair.left] & datasets[pair.right]]
    rivals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for pair in pairs:
        for one, other in ((pair.left, pair.right), (pair.right, pair.left)):
            for dataset in datasets[other]:
                rivals[one, dataset].append(pair.weight)
    for weights in rivals.values():
        weights.sort(reverse=True)
    groups = _Groups(datasets)
    decided = []
    for pair in sorted(pairs, key=lambda p: (-p.weight, p.left, p.right)):
        seconds = [
            weights[1]
            for one, other in ((pair.left, pair.right), (pair.right, pair.left))
            for dataset in datasets[other]
            if len(weights := rivals[one, dataset]) > 1 and weights[0] >= pair.weight
        ]
        best = all(
            rivals[one, dataset][0] <= pair.weight
            for one, other in ((pair.left, pair.right), (pair.right, pair.left))
            for dataset in datasets[other]
        )
        lead = pair.weight - max(seconds, default=MIN_WEIGHT) if best else -MARGIN
        sure = lead >= MARGIN and _is_sure(pair) and groups.join(pair.left, pair.right)
        decided.append(replace(pair, lead=lead, sure=sure))
    return decided


def _is_sure(pair: ScoredPair) -> bool:
    levels = {compared: level for compared, level, _ in pair.reasons}
    if levels.get("identifiers") == "identifiers differ":
        return False
    if pair.weight >= SURE_WEIGHT:
        return True
    return (
        pair.weight >= SURE_BY_NAME
        and levels.get("name") == "same words"
        and levels.get("place") is None
    )


class _Groups:
    """Records of one thing, joined pair by pair; no two are of one source."""

    def __init__(self, datasets: Mapping[str, frozenset[str]]) -> None:
        self._datasets = datasets
        self._group: dict[str, set[str]] = {}

    def join(self, one: str, other: str) -> bool:
        """Joins two records, unless a source would then have their thing twice."""
        first, second = (self._group.setdefault(r, {r}) for r in (one, other))
        if first is second:
            return True
        if self._list_datasets(first) & self._list_datasets(second):
            return False
        first |= second
        for record in second:
            self._group[record] = first
        return True

    def _list_datasets(self, records: Iterable[str]) -> frozenset[str]:
        return frozenset[str]().union(*(self._datasets[record] for record in records))


def _read_pairs(db: duckdb.DuckDBPyConnection, table: str) -> list[ScoredPair]:
    levels = describe_levels()
    columns = {row[0] for row in db.execute(f"DESCRIBE {table}").fetchall()}
    weighed = [
        f"mw_{name} + coalesce(mw_tf_adj_{name}, 0)" if f"mw_tf_adj_{name}" in columns
        else f"mw_{name}"
        for name in levels
    ]  # fmt: skip
    compared = ", ".join(f"gamma_{name}, {w}" for name, w in zip(levels, weighed, strict=True))
    rows = db.execute(
        f"SELECT unique_id_l, unique_id_r, match_weight, {compared} FROM {table}"
    ).fetchall()
    return [_read_pair(row, levels) for row in rows]


def _read_pair(row: Sequence[Any], levels: Mapping[str, Mapping[int, str]]) -> ScoredPair:
    left, right, weight, *compared = row
    reasons = tuple(
        (name, levels[name][gamma], round(told, 2))
        for name, gamma, told in zip(levels, compared[::2], compared[1::2], strict=True)
        if gamma != NULL_LEVEL
    )
    left, right = sorted((left, right))
    return ScoredPair(left, right, round(weight, 2), 0.0, reasons, sure=False)


def _read_datasets(db: duckdb.DuckDBPyConnection, records: str) -> dict[str, frozenset[str]]:
    rows = db.execute(f"SELECT unique_id, source_dataset FROM {records}").fetchall()
    return {record: frozenset(dataset.split("|")) for record, dataset in rows}
