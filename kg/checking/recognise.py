"""Which canonical table a file is: by its name, else by its headings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from kg.checking.headings import Matched, fold, match, names_of
from kg.checking.readings import READINGS, Reading
from kg.errors import TableError
from kg.kinds import KINDS
from kg.tables import Table

TELLING: Final = 4
"""Tables that may know a heading for it to say which of them a file is."""
CANDIDATES: Final = 3
SHOWN: Final = 12


@dataclass(frozen=True)
class Recognised:
    """A file read as a table: which heading gives what."""

    table: Table
    matched: Matched
    readings: tuple[tuple[Reading, str], ...]
    """Readings of registers, with the heading each reads."""
    by_name: bool
    """Whether its name said so, or the person who asked, and not its headings."""

    @property
    def strange(self) -> tuple[str, ...]:
        """Headings that nothing is read from."""
        read = {heading for _, heading in self.readings}
        return tuple(heading for heading in self.matched.strange if heading not in read)

    @property
    def read(self) -> tuple[str, ...]:
        """Headings that something is read from."""
        return (*self.matched.columns.values(), *(heading for _, heading in self.readings))

    @property
    def has_id(self) -> bool:
        """Whether a column is called by the name of the key, and not just by a title of it."""
        return fold(self.matched.columns.get("id", "")) == "id"

    @property
    def gives_key(self) -> bool:
        """Whether some column gives the rows a key."""
        if "id" not in self.table.names:
            return True
        return "id" in self.matched.columns or any(r.column == "id" for r, _ in self.readings)

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns, the key left out, that no heading gives."""
        given = {*self.matched.columns}
        for reading, _ in self.readings:
            given |= {reading.column, reading.copies, *(name for name, _ in reading.constants)}
        return tuple(
            column.name
            for column in self.table.real
            if column.required and column.name != "id" and column.name not in given
        )


@dataclass(frozen=True)
class Seen:
    """What the cells under the headings of a file look like."""

    empty: frozenset[str] = frozenset()
    """Headings of columns that have no value at all: they say nothing of what the rows are."""
    repeated: frozenset[str] = frozenset()
    """Headings of columns whose values come again and again: no row is one of them."""


def recognise(
    name: str,
    headings: Sequence[str],
    tables: Mapping[str, Table],
    asked: str | None,
    seen: Seen = Seen(),
) -> Recognised:
    """The table a file is. Raises TableError where nothing in it is recognised."""
    ranked = _ranked([heading for heading in headings if heading not in seen.empty], tables)
    table = _asked(asked, tables) if asked else _named(name, tables)
    scores = {table.name: score for table, score in ranked}
    if table is not None and scores[table.name].weight > 0:
        return _read_as(table, headings, True)
    for best, score in [] if asked else ranked:
        found = _read_as(best, headings, False)
        if score.telling and _is_whole(found, seen):
            return found
    raise _unrecognised(headings, ranked, asked)


def _is_whole(found: Recognised, seen: Seen) -> bool:
    """Whether a file has what makes a row of a table, so that its headings may say it is one.

    A relation has both its ends; a record has a name or a key. A territory is there once: where
    the code of a commune comes again and again, the rows are what stands in communes.
    """
    table = found.table
    if table.kind is None:
        return not found.missing
    if table.name == "territories" and any(
        heading in seen.repeated for reading, heading in found.readings if reading.column == "id"
    ):
        return False
    return found.gives_key or "label_fr" not in found.missing


def table_called(name: str, tables: Mapping[str, Table]) -> Table | None:
    """The table of a name: its own, its kind's, or one of its titles, folded."""
    wanted = fold(name).replace("organiz", "organis")
    for table in tables.values():
        names = (table.name, table.kind or "", table.title.fr, table.title.en)
        if wanted in {fold(each) for each in names if each}:
            return table
    return None


def _asked(asked: str, tables: Mapping[str, Table]) -> Table:
    table = table_called(asked, tables)
    if table is None:
        known = ", ".join(tables)
        raise TableError(
            f"no canonical table is called {asked!r}; they are {known}",
            f"aucune table canonique ne s'appelle « {asked} » ; il y a {known}",
        )
    return table


def _named(name: str, tables: Mapping[str, Table]) -> Table | None:
    return table_called(PurePath(name).name.partition(".")[0], tables)


@dataclass(frozen=True)
class _Score:
    """How much of a file a table recognises."""

    weight: float
    """A heading that several tables know weighs little: everything has a name."""
    telling: bool
    """Whether some heading is known to few tables."""


def _ranked(headings: Sequence[str], tables: Mapping[str, Table]) -> list[tuple[Table, _Score]]:
    """The tables with what they recognise, the best first."""
    found = {table.name: _known(headings, table) for table in tables.values()}
    shared = Counter(heading for known in found.values() for heading in known)
    order = {kind.table: place for place, kind in enumerate(KINDS)}
    scores = {
        name: _Score(
            sum(1 / shared[heading] for heading in known),
            any(shared[heading] <= TELLING for heading in known),
        )
        for name, known in found.items()
    }
    return sorted(
        ((table, scores[table.name]) for table in tables.values()),
        key=lambda pair: (-pair[1].weight, order.get(pair[0].name, len(order)), pair[0].name),
    )


def _known(headings: Sequence[str], table: Table) -> set[str]:
    names = {name for column in table.real for name in names_of(column)}
    names |= {name for r in READINGS if r.table == table.name for name in r.headings}
    return {fold(heading) for heading in headings} & names


def _read_as(table: Table, headings: Sequence[str], by_name: bool) -> Recognised:
    matched = match(headings, table)
    readings = []
    for reading in READINGS:
        heading = reading.heading(headings) if reading.table == table.name else ""
        given = matched.columns.get(reading.column)
        weak = reading.column == "id" and fold(given or "") != "id"
        if heading and (given is None or given == heading or reading.scheme or weak):
            readings.append((reading, heading))
    return Recognised(table, matched, _one_territory(readings), by_name)


def _one_territory(
    readings: list[tuple[Reading, str]],
) -> tuple[tuple[Reading, str], ...]:
    """A territory has one kind of code: the first that is there says what the rows are."""
    constant = [pair for pair in readings if pair[0].constants]
    return tuple(pair for pair in readings if pair not in constant[1:])


def _unrecognised(
    headings: Sequence[str],
    ranked: Sequence[tuple[Table, _Score]],
    asked: str | None,
) -> TableError:
    shown = ", ".join(headings[:SHOWN]) + (" …" if len(headings) > SHOWN else "")
    near = ", ".join(table.name for table, score in ranked[:CANDIDATES] if score.weight)
    english = f"no column of {asked or 'any table'} is recognised. Headings found: {shown}."
    french = (
        f"aucune colonne {f'de la table {asked} ' if asked else ''}n'est reconnue. "
        f"En-têtes trouvés : {shown}."
    )
    if near and not asked:
        english = f"the headings of this file are those of several tables. They are: {shown}."
        french = f"les en-têtes de ce fichier sont ceux de plusieurs tables. Ce sont : {shown}."
    if near:
        english += f" The nearest tables are {near}: say which one with --table."
        french += f" Les tables les plus proches sont {near} : dites laquelle avec --table."
    return TableError(
        english + " `ess-kg template KIND` writes a file with the right columns.",
        french + " `ess-kg template NATURE` écrit un fichier avec les bonnes colonnes.",
    )
