"""Table detection: the canonical table of a file, by its name or its headings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from kg.csvw_tables import Table
from kg.dry_run.column_matching import ColumnMatches, fold_heading, iter_folded_names, match_columns
from kg.dry_run.register_columns import REGISTER_COLUMNS, RegisterColumn
from kg.errors import TableError
from kg.kinds import KINDS

MAX_TABLES_OF_DISTINCTIVE_HEADING: Final = 4
"""Tables that may share a heading for it to be distinctive, at most."""
MAX_SUGGESTED_TABLES: Final = 3
MAX_LISTED_HEADINGS: Final = 12


@dataclass(frozen=True)
class TableMatch:
    """Match of a file with a table: the source of each column."""

    table: Table
    column_matches: ColumnMatches
    register_columns: tuple[tuple[RegisterColumn, str], ...]
    """Register columns, with the heading of each."""
    by_name: bool
    """Whether it was recognised by its name or by request, and not by its headings."""

    @property
    def unknown_headings(self) -> tuple[str, ...]:
        """Headings that are not read."""
        read = {heading for _, heading in self.register_columns}
        return tuple(heading for heading in self.column_matches.unknown if heading not in read)

    @property
    def read_headings(self) -> tuple[str, ...]:
        """Headings that are read."""
        return (
            *self.column_matches.columns.values(),
            *self.column_matches.languages.values(),
            *(heading for _, heading in self.register_columns),
        )

    @property
    def has_id(self) -> bool:
        """Whether a column has the name of the key, and not just one of its titles."""
        return fold_heading(self.column_matches.columns.get("id", "")) == "id"

    @property
    def has_key(self) -> bool:
        """Whether some column gives the rows a key."""
        if "id" not in self.table.names:
            return True
        return "id" in self.column_matches.columns or any(
            r.column == "id" for r, _ in self.register_columns
        )

    @property
    def missing_columns(self) -> tuple[str, ...]:
        """Required columns, the key left out, that no heading gives."""
        given = {*self.column_matches.columns}
        for reading, _ in self.register_columns:
            given |= {reading.column, reading.copied_to, *(name for name, _ in reading.constants)}
        given |= {*self.column_matches.languages, "id"}
        return tuple(self.table.find_missing(given))


@dataclass(frozen=True)
class ColumnProfile:
    """Profile of the columns of a file."""

    empty: frozenset[str] = frozenset()
    """Headings of columns without any value: they do not count for the detection."""
    repeated: frozenset[str] = frozenset()
    """Headings of columns with repeated values: they are not keys of the rows."""


def detect_table(
    name: str,
    headings: Sequence[str],
    tables: Mapping[str, Table],
    requested: str | None,
    seen: ColumnProfile = ColumnProfile(),
) -> TableMatch:
    """Detects the table of a file. Raises TableError where nothing in it is recognised."""
    ranked = _rank_tables([heading for heading in headings if heading not in seen.empty], tables)
    table = (
        _get_requested_table(requested, tables) if requested else _find_by_file_name(name, tables)
    )
    scores = {table.name: score for table, score in ranked}
    if table is not None and scores[table.name].weight > 0:
        return _match_table(table, headings, True)
    for best, score in [] if requested else ranked:
        match = _match_table(best, headings, False)
        if score.is_distinctive and _is_complete(match, seen):
            return match
    raise _make_unrecognised_error(headings, ranked, requested)


def _is_complete(match: TableMatch, seen: ColumnProfile) -> bool:
    """Whether a file has what makes a row of a table, so that its headings may say it is one.

    A relation has both its ends; a record has a name or a key. A territory is there once: where
    the code of a commune comes again and again, the rows are what stands in communes.
    """
    table = match.table
    if table.kind is None:
        return not match.missing_columns
    if table.name == "territories" and any(
        heading in seen.repeated
        for reading, heading in match.register_columns
        if reading.column == "id"
    ):
        return False
    return match.has_key or "label_fr" not in match.missing_columns


def find_table_by_name(name: str, tables: Mapping[str, Table]) -> Table | None:
    """The table of a name: its own, its kind's, or one of its titles, folded."""
    wanted = fold_heading(name).replace("organiz", "organis")
    for table in tables.values():
        names = (table.name, table.kind or "", table.title.fr, table.title.en)
        if wanted in {fold_heading(each) for each in names if each}:
            return table
    return None


def _get_requested_table(requested: str, tables: Mapping[str, Table]) -> Table:
    table = find_table_by_name(requested, tables)
    if table is None:
        names = ", ".join(tables)
        raise TableError(
            f"no canonical table is called {requested!r}; they are {names}",
            f"aucune table canonique ne s'appelle « {requested} » ; il y a {names}",
        )
    return table


def _find_by_file_name(name: str, tables: Mapping[str, Table]) -> Table | None:
    return find_table_by_name(PurePath(name).name.partition(".")[0], tables)


@dataclass(frozen=True)
class _TableScore:
    """Score of a table for a file."""

    weight: float
    """Sum over known headings; one that several tables share weighs little."""
    is_distinctive: bool
    """Whether few tables share some heading."""


def _rank_tables(
    headings: Sequence[str], tables: Mapping[str, Table]
) -> list[tuple[Table, _TableScore]]:
    """The tables with their scores, the best first."""
    headings_by_table = {
        table.name: _find_known_headings(headings, table) for table in tables.values()
    }
    shared = Counter(heading for recognised in headings_by_table.values() for heading in recognised)
    order = {kind.table: place for place, kind in enumerate(KINDS)}
    scores = {
        name: _TableScore(
            sum(1 / shared[heading] for heading in recognised),
            any(shared[heading] <= MAX_TABLES_OF_DISTINCTIVE_HEADING for heading in recognised),
        )
        for name, recognised in headings_by_table.items()
    }
    return sorted(
        ((table, scores[table.name]) for table in tables.values()),
        key=lambda pair: (-pair[1].weight, order.get(pair[0].name, len(order)), pair[0].name),
    )


def _find_known_headings(headings: Sequence[str], table: Table) -> set[str]:
    names = {name for column in table.real for name in iter_folded_names(column)}
    names |= {name for r in REGISTER_COLUMNS if r.table == table.name for name in r.headings}
    return {fold_heading(heading) for heading in headings} & names


def _match_table(table: Table, headings: Sequence[str], by_name: bool) -> TableMatch:
    matched = match_columns(headings, table)
    readings = []
    for reading in REGISTER_COLUMNS:
        heading = reading.find_heading(headings) if reading.table == table.name else ""
        given = matched.columns.get(reading.column)
        weak = reading.column == "id" and fold_heading(given or "") != "id"
        if heading and (given is None or given == heading or reading.scheme or weak):
            readings.append((reading, heading))
    return TableMatch(table, matched, _keep_one_territory(readings), by_name)


def _keep_one_territory(
    readings: list[tuple[RegisterColumn, str]],
) -> tuple[tuple[RegisterColumn, str], ...]:
    """Register columns with the first code of a territory only: it determines the kind of the
    rows."""
    constant = [pair for pair in readings if pair[0].constants]
    return tuple(pair for pair in readings if pair not in constant[1:])


def _make_unrecognised_error(
    headings: Sequence[str],
    ranked: Sequence[tuple[Table, _TableScore]],
    requested: str | None,
) -> TableError:
    listed = ", ".join(headings[:MAX_LISTED_HEADINGS]) + (
        " …" if len(headings) > MAX_LISTED_HEADINGS else ""
    )
    near = ", ".join(table.name for table, score in ranked[:MAX_SUGGESTED_TABLES] if score.weight)
    english = f"no column of {requested or 'any table'} is recognised. Headings found: {listed}."
    french = (
        f"aucune colonne {f'de la table {requested} ' if requested else ''}n'est reconnue. "
        f"En-têtes trouvés : {listed}."
    )
    if near and not requested:
        english = f"the headings of this file are those of several tables. They are: {listed}."
        french = f"les en-têtes de ce fichier sont ceux de plusieurs tables. Ce sont : {listed}."
    if near:
        english += f" The nearest tables are {near}: say which one with --table."
        french += f" Les tables les plus proches sont {near} : dites laquelle avec --table."
    return TableError(
        english + " `ess-kg template KIND` writes a file with the right columns.",
        french + " `ess-kg template NATURE` écrit un fichier avec les bonnes colonnes.",
    )
