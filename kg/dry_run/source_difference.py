"""Source difference: what a build would change of what the release in service has of a source.

The source is read, mapped and validated as a build would, with its corrections, and its statements
are held against those of its graph in the release.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table, load_tables
from kg.dry_run.result import Model
from kg.dry_run.run import check_files
from kg.installation import InstallationPaths
from kg.kinds import KINDS, Text
from kg.mapping.moved_keys import read_key_changes
from kg.mapping.ntriples_io import build_lines_sql
from kg.namespaces import GRAPH, ID, expand
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release
from kg.releases.build_bounds import MAX_LOST_SHARE
from kg.releases.canonical_values import canonicalize_values
from kg.releases.dumps import WHOLE_STEM
from kg.sources import Bounds, read_source_description
from kg.suppression_list import read_suppressions
from kg.validation.batch_run import BatchOptions
from kg.validation.findings import Finding
from kg.work_tables import QUADS, RECORDS

DEFAULT_LIMIT: Final = 1000
MAX_VALUES: Final = 10
LABEL: Final = expand("skos:prefLabel")
REMOVED_TOO_MANY: Final = Text(
    "{lost} fiches sur {before} disparaîtraient ({percent:.0f}\u00a0%), plus que "
    "removed_share_max = {allowed:g}",
    "{lost} of {before} records would be removed ({percent:.0f}%), more than removed_share_max = "
    "{allowed:g}",
)
LOST_HALF: Final = Text(
    "{count} fiches, moins de la moitié des {before} de l'édition en service",
    "{count} records, fewer than half of the {before} of the release in service",
)
TOO_FEW: Final = Text(
    "{count} fiches, moins que records_min = {allowed}",
    "{count} records, fewer than records_min = {allowed}",
)
TOO_MANY: Final = Text(
    "{count} fiches, plus que records_max = {allowed}",
    "{count} records, more than records_max = {allowed}",
)
REFUSED_TOO_MANY: Final = Text(
    "{refused} lignes sur {read} sont refusées, plus que refused_share_max = {allowed:g}",
    "{refused} of {read} rows are refused, more than refused_share_max = {allowed:g}",
)


@dataclass(frozen=True)
class RecordName:
    """A record by its address and its label."""

    iri: str
    label: str


@dataclass(frozen=True)
class FieldChange:
    """The values of one field of a record that would go, and those that would come."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class RecordChange:
    """A record of which something would change."""

    record: RecordName
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class SourceDifference:
    """What a build would change of one source; the lists hold the first of each."""

    source: str
    release: str
    """The release it is compared with; empty where there is none."""
    counts: Mapping[str, int]
    """Of records: `added`, `changed`, `removed`, `unchanged`; of rows: `read`, `refused`;
    of cells: `omitted`."""
    fields: Mapping[str, int]
    """How many records change in each field."""
    added: tuple[RecordName, ...]
    changed: tuple[RecordChange, ...]
    removed: tuple[RecordName, ...]
    refused: tuple[Finding, ...]
    omitted: tuple[Finding, ...]
    """Findings on cells that are left out of records which are taken."""
    matched: Mapping[str, int]
    """How many of its records each other source of the release has too."""
    guards: tuple[Text, ...]
    """What would stop a build, as `[expect]` of the source states."""
    notes: tuple[tuple[str, Text], ...] = ()
    """What nothing is made of, and how files were read otherwise than they say: file and text."""

    @property
    def has_changes(self) -> bool:
        return any(self.counts[name] for name in ("added", "changed", "removed"))


def compare_source(
    paths: InstallationPaths,
    folder: Path,
    release: Release | None,
    *,
    limit: int | None = DEFAULT_LIMIT,
    track: ProgressCallback = report_nothing,
) -> SourceDifference:
    """What a build would change of the source of a folder. Raises SourceError.

    `limit` is how many records are listed of each kind of change, None for all of them.
    """
    model = Model(paths.ontology, paths.model / "shapes")
    source = read_source_description(folder)
    with check_files(
        [], model, release=release.folder if release else None, source=folder,
        corrections=paths.corrections / source.name, work=BatchOptions(), track=track,
        suppressions=read_suppressions(paths.data), tell_forgotten=False,
    ) as checked:  # fmt: skip
        db = checked.db
        withdrawn = [each.iri for each in read_key_changes(paths.data).withdrawn]
        _load_new(db, source.name, withdrawn)
        _load_old(db, source.name, release)
        counts = _count(db)
        counts["read"] = sum(file.counts.read for file in checked.files)
        counts["refused"] = sum(file.counts.refused for file in checked.files)
        fields = _FieldNames(load_tables(paths.ontology / "tables"))
        changed, field_counts = _list_changes(db, fields, limit)
        refused = [f for f in checked.inspection.findings if f.refused]
        omitted = [f for f in checked.inspection.findings if f.omitted and not f.refused]
        counts["omitted"] = len(omitted)
        return SourceDifference(
            source=source.name,
            release=release.id if release else "",
            counts=counts,
            fields=field_counts,
            added=_list_records(db, "new_records", "old_records", "new_statements", limit),
            changed=changed,
            removed=_list_records(db, "old_records", "new_records", "old_statements", limit),
            refused=tuple(refused[:limit]),
            omitted=tuple(omitted[:limit]),
            matched=_count_matches(db, source.name, release),
            guards=tuple(
                _find_guards(
                    source.bounds,
                    counts,
                    _count_accepted(db, counts),
                    _read_accepted(release, source.name),
                )
            ),
            notes=tuple((file.name, note) for file in checked.files for note in file.notes),
        )


def _load_new(db: duckdb.DuckDBPyConnection, source: str, withdrawn: Sequence[str]) -> None:
    """Makes `new_statements` of the accepted quads, in the form in which a release has them."""
    canonicalize_values(db)
    gone = ", ".join(map(sql.literal, ["", *withdrawn]))
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE new_statements AS SELECT DISTINCT s, p, o FROM {QUADS} "
        f"WHERE source = {sql.literal(source)} "
        f"AND split_part(s, '#', 1) NOT IN ({gone})"
    )


def _load_old(db: duckdb.DuckDBPyConnection, source: str, release: Release | None) -> None:
    """Makes `old_statements` of the graph of the source in the release."""
    db.execute("CREATE OR REPLACE TEMP TABLE old_statements (s VARCHAR, p VARCHAR, o VARCHAR)")
    if release is not None:
        end = f" <{GRAPH}{source}> ."
        db.execute(
            f"""INSERT INTO old_statements SELECT s[2:-2], p[2:-2],
                line[length(s) + length(p) + 3:length(line) - {len(end)}]
            FROM (SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p
                FROM {build_lines_sql(release.dumps / f"{WHOLE_STEM}.nq.gz")}
                WHERE ends_with(line, {sql.literal(end)}))"""
        )
    for name in ("new", "old"):
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE {name}_records AS SELECT DISTINCT "
            f"split_part(s, '#', 1) AS iri FROM {name}_statements "
            f"WHERE starts_with(s, {sql.literal(ID)})"
        )
    db.execute(
        """CREATE OR REPLACE TEMP TABLE difference AS
        SELECT split_part(s, '#', 1) AS iri, p, o, s, true AS comes
        FROM (FROM new_statements ANTI JOIN old_statements USING (s, p, o))
        UNION ALL SELECT split_part(s, '#', 1), p, o, s, false
        FROM (FROM old_statements ANTI JOIN new_statements USING (s, p, o));
        CREATE OR REPLACE TEMP TABLE changed_records AS SELECT DISTINCT iri FROM difference
        SEMI JOIN new_records USING (iri) SEMI JOIN old_records USING (iri)"""
    )


def _count(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    number = {
        "added": "new_records ANTI JOIN old_records USING (iri)",
        "removed": "old_records ANTI JOIN new_records USING (iri)",
        "changed": "changed_records",
        "before": "old_records",
    }
    counts = {
        name: sql.select_number(db, f"SELECT count(*) FROM {relation}")
        for name, relation in number.items()
    }
    counts["unchanged"] = counts["before"] - counts["removed"] - counts["changed"]
    return counts


def _list_records(
    db: duckdb.DuckDBPyConnection, there: str, absent: str, statements: str, limit: int | None
) -> tuple[RecordName, ...]:
    """The records of one side that the other does not have, with their labels."""
    wanted = _take(f"{there} ANTI JOIN {absent} USING (iri)", limit)
    rows = db.execute(
        f"SELECT iri, coalesce(min(o) FILTER (ends_with(o, '@fr')), min(o), '') FROM ({wanted}) "
        f"LEFT JOIN (FROM {statements} WHERE p = {sql.literal(LABEL)}) ON s = iri "
        "GROUP BY iri ORDER BY iri"
    ).fetchall()
    return tuple(RecordName(iri, _read_value(label)) for iri, label in rows)


def _take(relation: str, limit: int | None) -> str:
    end = "" if limit is None else f" LIMIT {limit}"
    return f"SELECT iri FROM {relation} ORDER BY iri{end}"


def _list_changes(
    db: duckdb.DuckDBPyConnection, fields: "_FieldNames", limit: int | None
) -> tuple[tuple[RecordChange, ...], dict[str, int]]:
    counted: Counter[str] = Counter()
    for kind, predicate, count in db.execute(
        f"SELECT split_part(iri[{len(ID) + 1}:], '/', 1), p, count(DISTINCT iri) FROM difference "
        "SEMI JOIN changed_records USING (iri) GROUP BY ALL"
    ).fetchall():
        counted[fields.find(kind, predicate)] += count
    rows = db.execute(
        f"""SELECT iri, p, comes, o, label FROM difference
        JOIN ({_take("changed_records", limit)}) USING (iri)
        LEFT JOIN (SELECT s AS iri, coalesce(min(o) FILTER (ends_with(o, '@fr')), min(o)) AS label
            FROM new_statements
            WHERE p = {sql.literal(LABEL)} GROUP BY s) USING (iri)
        ORDER BY iri, p, comes, o"""
    ).fetchall()
    changes: dict[str, tuple[str, dict[str, tuple[list[str], list[str]]]]] = {}
    for iri, predicate, comes, value, label in rows:
        kind = iri.removeprefix(ID).partition("/")[0]
        _, by_field = changes.setdefault(iri, (label or "", {}))
        sides = by_field.setdefault(fields.find(kind, predicate), ([], []))
        sides[comes].append(_read_value(value))
    return (
        tuple(
            RecordChange(
                RecordName(iri, _read_value(label)),
                tuple(
                    FieldChange(name, tuple(before[:MAX_VALUES]), tuple(after[:MAX_VALUES]))
                    for name, (before, after) in by_field.items()
                ),
            )
            for iri, (label, by_field) in changes.items()
        ),
        dict(counted.most_common()),
    )


class _FieldNames:
    """The columns of the tables by the property that they give."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._by_kind = {kind.name: dict(_iter_properties(tables[kind.table])) for kind in KINDS}
        self._all = {
            predicate: name
            for table in tables.values()
            for predicate, name in _iter_properties(table)
        }

    def find(self, kind: str, predicate: str) -> str:
        """The column of a property, else the last part of its address."""
        found = self._by_kind.get(kind, {}).get(predicate) or self._all.get(predicate)
        return found or predicate.rstrip("/#").replace("#", "/").rpartition("/")[2]


def _iter_properties(table: Table) -> Iterator[tuple[str, str]]:
    """The columns from last to first: of those of one property the first names it."""
    for column in reversed(table.real):
        if column.predicate:
            yield expand(column.predicate), _strip_language(column.name)


def _strip_language(column: str) -> str:
    """A column without its language: `label_fr` and `label_en` have one property."""
    return column[:-3] if column.endswith(("_fr", "_en")) else column


def _count_matches(
    db: duckdb.DuckDBPyConnection, source: str, release: Release | None
) -> dict[str, int]:
    """How many of the records each other source of the release has too."""
    if release is None:
        return {}
    name = f"regexp_extract(line, '<{GRAPH}([^<>]*)> \\.$', 1)"
    rows = db.execute(
        f"""SELECT graph, count(*) FROM (
            SELECT DISTINCT {name} AS graph, split_part(split_part(line[2:], '>', 1), '#', 1) AS iri
            FROM {build_lines_sql(release.dumps / f"{WHOLE_STEM}.nq.gz")})
        SEMI JOIN new_records USING (iri) WHERE graph NOT IN ({sql.literal(source)}, 'derived')
        GROUP BY graph ORDER BY 2 DESC, 1"""
    ).fetchall()
    return dict(rows)


def _count_accepted(db: duckdb.DuckDBPyConnection, counts: Mapping[str, int]) -> int:
    total = sql.select_number(db, f"SELECT count(*) FROM {RECORDS}")
    return max(0, total - counts["refused"])


def _read_accepted(release: Release | None, source: str) -> int:
    """How many records of a source a release has accepted."""
    entries = release.read_manifest().get("sources", ()) if release else ()
    return next((entry.get("accepted", 0) for entry in entries if entry["name"] == source), 0)


def _find_guards(
    bounds: Bounds, counts: Mapping[str, int], accepted: int, accepted_before: int
) -> Iterator[Text]:
    if accepted < MAX_LOST_SHARE * accepted_before:
        yield _fill(LOST_HALF, count=accepted, before=accepted_before)
    before, lost = counts["before"], counts["removed"]
    if before and lost > bounds.removed_share_max * before:
        yield _fill(
            REMOVED_TOO_MANY, lost=lost, before=before, percent=100 * lost / before,
            allowed=bounds.removed_share_max,
        )  # fmt: skip
    if accepted < bounds.records_min:
        yield _fill(TOO_FEW, count=accepted, allowed=bounds.records_min)
    if bounds.records_max and accepted > bounds.records_max:
        yield _fill(TOO_MANY, count=accepted, allowed=bounds.records_max)
    if counts["refused"] > bounds.refused_share_max * counts["read"]:
        yield _fill(
            REFUSED_TOO_MANY, refused=counts["refused"], read=counts["read"],
            allowed=bounds.refused_share_max,
        )  # fmt: skip


def _fill(text: Text, **values: object) -> Text:
    return Text(text.fr.format(**values), text.en.format(**values))


def _read_value(term: str) -> str:
    """The value of a term of N-Triples for a person: a text, or the end of an address."""
    if term.startswith("<"):
        return term[1:-1].removeprefix(ID)
    if term.startswith('"'):
        body = term[1 : term.rindex('"')]
        for escape, sign in (
            ("\\n", "\n"),
            ("\\t", "\t"),
            ("\\r", "\r"),
            ('\\"', '"'),
            ("\\\\", "\\"),
        ):
            body = body.replace(escape, sign)
        return body
    return term
