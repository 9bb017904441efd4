"""Declared mapping: the `[map.<table>]` tables of a `source.toml`, parsed and validated.

The compiler (`kg.sources.declared_mapping_sql`) checks them against the tables and files.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kg.sources import toml_entries
from kg.sources.cell_cleaners import CLEANERS, Cleaner, parse_cleaner

SLOT: Final = re.compile(r"\{([^{}]+)\}")
ROWS_ENTRIES: Final = ("files", "sheets", "where", "explode", "may_lack")
EXPLODE_ENTRIES: Final = ("columns", "by", "as")
TABLE_ENTRIES: Final = (*ROWS_ENTRIES, "view", "each", "unique", "columns")
COLUMN_ENTRIES: Final = (
    *("from", "template", "sql", "value", "clean", "values", "otherwise", "split", "as"),
    *("post_code", "name", "optional"),
)
ORIGINS: Final = ("from", "template", "sql", "value")
COMMUNE: Final = "commune"
AS_COUNTRY: Final = "country"
DEFAULT_FILES: Final = ("raw/*",)
DEFAULT_SEPARATORS: Final = (";", "|")
MAX_VALUES: Final = 10_000


@dataclass(frozen=True)
class Slot:
    """Column of a file, or path inside its JSON, with the cleaners of a template."""

    name: str
    clean: tuple[Cleaner, ...] = ()


@dataclass(frozen=True)
class ColumnRule:
    """Rule for the cells of one column of a table."""

    place: str
    """Position of the rule in the description, for messages: `map.organisations.columns.kind`."""
    alternatives: tuple[tuple[str | Slot, ...], ...] = ()
    """Columns or templates, of which the first non-empty one counts."""
    template: tuple[str | Slot, ...] = ()
    sql: str = ""
    constant: str = ""
    clean: tuple[Cleaner, ...] = ()
    values: Mapping[str, str] | None = None
    """Value map, keyed by case-folded value."""
    otherwise: str | None = None
    """Replacement of values that the map lacks; None to leave them."""
    split: tuple[str, ...] = ()
    as_kind: str = ""
    post_code: Slot | None = None
    name: Slot | None = None
    optional: bool = False
    """True where files may lack the columns."""

    def iter_slots(self) -> Iterator[Slot]:
        """Yield every column of the file that the rule uses."""
        for parts in (*self.alternatives, self.template):
            yield from (part for part in parts if isinstance(part, Slot))
        yield from (slot for slot in (self.post_code, self.name) if slot)


@dataclass(frozen=True)
class Explode:
    """Columns with several values per cell, each of which becomes a row."""

    columns: tuple[str, ...]
    separators: tuple[str, ...] = DEFAULT_SEPARATORS
    as_name: str = ""
    """New column for each of the values; empty to put it in the place of the list."""


@dataclass(frozen=True, kw_only=True)
class RowsRule:
    """Rule for the rows that are taken of some files, for one table or for several."""

    place: str
    """Position of the rule in the description, for messages: `map.organisations`, `views.units`."""
    files: tuple[str, ...] = DEFAULT_FILES
    sheets: tuple[str, ...] = ()
    where: str = ""
    explodes: tuple[Explode, ...] = ()
    """Lists that are taken apart, one after another."""
    may_lack: tuple[str, ...] = ()
    """Columns that are empty where no file has them."""


@dataclass(frozen=True, kw_only=True)
class TableRule(RowsRule):
    """Rule for the rows of one table, from files or from a view."""

    table: str
    columns: Mapping[str, ColumnRule]
    view: str = ""
    each: str = ""
    """Column of the table whose values, where a row has several, become a row each."""
    unique: bool = False
    """True where only the first row of each key counts."""


@dataclass(frozen=True)
class DeclaredMapping:
    """All mapping rules of a `source.toml`."""

    tables: tuple[TableRule, ...] = ()
    views: Mapping[str, RowsRule] = field(default_factory=dict)
    """Rows that several tables are made of, by name."""


def parse_declared_mapping(data: Mapping[str, Any], folder: Path) -> DeclaredMapping:
    """Parse the mapping of a description. Raises ValueError with the problem and a suggestion.

    `folder` is that of the source, with the files of value maps.
    """
    tables = toml_entries.get_table(data, "map")
    views = toml_entries.get_table(data, "views")
    return DeclaredMapping(
        tuple(
            rule for table in tables for rule in _parse_table_rules(table, tables[table], folder)
        ),
        {name: _parse_view(name, views) for name in views},
    )


def _parse_view(name: str, views: Mapping[str, Any]) -> RowsRule:
    """Parse a pattern of files, a list of them, or a table with `where` and `explode`."""
    place = f"views.{name}"
    entries = views[name]
    if not isinstance(entries, dict):
        return RowsRule(place=place, files=toml_entries.get_texts(views, name, "views."))
    toml_entries.require_known_entries(entries, ROWS_ENTRIES, f"{place}: ")
    return RowsRule(place=place, **_parse_rows(place, entries))


def _parse_rows(place: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    """Parse the entries that tables and views have in common."""
    where = f"{place}: "
    return {
        "files": toml_entries.get_texts(entries, "files", where) or DEFAULT_FILES,
        "sheets": toml_entries.get_texts(entries, "sheets", where),
        "where": toml_entries.get_text(entries, "where", where),
        "explodes": _parse_explodes(entries["explode"], place) if "explode" in entries else (),
        "may_lack": toml_entries.get_texts(entries, "may_lack", where),
    }


def _parse_table_rules(table: str, entries: Any, folder: Path) -> Iterator[TableRule]:
    """Yield one rule, or those of a list (`[[map.identifiers]]`)."""
    listed = entries if isinstance(entries, list) else [entries]
    for number, each in enumerate(listed, 1):
        place = f"map.{table}" + (f" ({number})" if len(listed) > 1 else "")
        if not isinstance(each, dict):
            raise ValueError(f"{place} is no table: write [map.{table}] and its entries below")
        yield _parse_table_rule(place, table, each, folder)


def _parse_table_rule(
    place: str, table: str, entries: Mapping[str, Any], folder: Path
) -> TableRule:
    toml_entries.require_known_entries(entries, TABLE_ENTRIES, f"{place}: ")
    columns = toml_entries.get_table(entries, "columns")
    if not columns:
        raise ValueError(f"{place} has no columns: write [map.{table}.columns] and they below")
    if "files" in entries and "view" in entries:
        raise ValueError(f"{place}: files and view: write one of them")
    where = f"{place}: "
    return TableRule(
        place=place,
        table=table,
        columns={
            name: _parse_column_rule(f"{place}.columns.{name}", columns[name], folder)
            for name in columns
        },
        view=toml_entries.get_text(entries, "view", where),
        **_parse_rows(place, entries),
        each=toml_entries.get_text(entries, "each", where),
        unique=toml_entries.get_switch(entries, "unique", where),
    )


def _parse_explodes(entries: Any, place: str) -> tuple[Explode, ...]:
    """Parse one list to take apart, or several, one inside another."""
    if isinstance(entries, list) and entries and all(isinstance(each, dict) for each in entries):
        return tuple(_parse_explode(each, place) for each in entries)
    return (_parse_explode(entries, place),)


def _parse_explode(entries: Any, place: str) -> Explode:
    """Parse `"liste"`, `["codes", "names"]` or `{ columns = …, by = … }`."""
    if not isinstance(entries, dict):
        return Explode(toml_entries.get_texts({"explode": entries}, "explode", f"{place}: "))
    where = f"{place}: explode."
    toml_entries.require_known_entries(entries, EXPLODE_ENTRIES, where)
    columns = toml_entries.get_texts(entries, "columns", where)
    if not columns:
        raise ValueError(f"{where}columns is missing: the columns whose cells hold several things")
    as_name = toml_entries.get_text(entries, "as", where)
    if as_name and len(columns) > 1:
        raise ValueError(f"{where}as = {as_name!r} names the values of one column, not of several")
    separators = toml_entries.get_texts(entries, "by", where) or DEFAULT_SEPARATORS
    return Explode(columns, separators, as_name)


def _parse_column_rule(place: str, entries: Any, folder: Path) -> ColumnRule:
    if isinstance(entries, str):
        template = _parse_template(entries, place)
        if not any(isinstance(part, Slot) for part in template):
            raise ValueError(
                f'{place} = "{entries}": no column of the file is named in it: write '
                f'"{{{entries}}}" for the column {entries}, {{ value = "{entries}" }} for this '
                "text in every row"
            )
        return ColumnRule(place, template=template)
    if not isinstance(entries, dict):
        raise ValueError(
            f'{place} = {entries!r}: write a template ("{{nom}}"), or {{ from = "nom" }}'
        )
    where = f"{place}: "
    toml_entries.require_known_entries(entries, COLUMN_ENTRIES, where)
    origins = [name for name in ORIGINS if name in entries]
    is_commune = entries.get("as") == COMMUNE
    if len(origins) != 1 and not (is_commune and not origins and "post_code" in entries):
        raise ValueError(
            f"{where}{' and '.join(origins) or 'nothing says what its cells are made of'}: write "
            'one of from = "column", template = "x-{column}", sql = "…", value = "text"'
        )
    as_kind = toml_entries.get_text(entries, "as", where)
    if as_kind not in ("", COMMUNE, AS_COUNTRY):
        raise ValueError(
            f'{where}as = "{as_kind}": there are {COMMUNE} and {AS_COUNTRY}; for others write a '
            "template"
        )
    if not is_commune and ("post_code" in entries or "name" in entries):
        raise ValueError(f'{where}post_code and name go with as = "{COMMUNE}"')
    if ("post_code" in entries) != ("name" in entries):
        raise ValueError(f"{where}post_code and name go together: a post code has many communes")
    return ColumnRule(
        place,
        alternatives=tuple(
            _parse_template(each, place) if "{" in each else (Slot(each),)
            for each in toml_entries.get_texts(entries, "from", where)
        ),
        template=_parse_template(toml_entries.get_text(entries, "template", where), place),
        sql=toml_entries.get_text(entries, "sql", where),
        constant=toml_entries.get_text(entries, "value", where),
        clean=_parse_cleaners(toml_entries.get_texts(entries, "clean", where), place),
        values=_parse_values(entries["values"], where, folder) if "values" in entries else None,
        otherwise=(
            toml_entries.get_text(entries, "otherwise", where) if "otherwise" in entries else None
        ),
        split=toml_entries.get_texts(entries, "split", where),
        as_kind=as_kind,
        post_code=_get_slot(entries, "post_code", where),
        name=_get_slot(entries, "name", where),
        optional=toml_entries.get_switch(entries, "optional", where),
    )


def _parse_template(text: str, place: str) -> tuple[str | Slot, ...]:
    parts: list[str | Slot] = []
    last = 0
    for match in SLOT.finditer(text):
        if match.start() > last:
            parts.append(text[last : match.start()])
        name, *cleaners = match[1].split("|")
        parts.append(Slot(name.strip(), _parse_cleaners(cleaners, place)))
        last = match.end()
    if last < len(text):
        parts.append(text[last:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise ValueError(f'{place} = "{text}": a brace is not closed')
    return tuple(parts)


def _parse_slot(name: str) -> Slot:
    return Slot(name.removeprefix("{").removesuffix("}"))


def _get_slot(entries: Mapping[str, Any], name: str, where: str) -> Slot | None:
    text = toml_entries.get_text(entries, name, where)
    return _parse_slot(text) if text else None


def _parse_cleaners(names: Sequence[str], place: str) -> tuple[Cleaner, ...]:
    cleaners = []
    for name in names:
        cleaner = parse_cleaner(name)
        if cleaner is None:
            near = toml_entries.find_nearest(name.partition(":")[0].strip(), CLEANERS)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(CLEANERS)}"
            width = "; pad is written with a width, pad:5" if name.strip().startswith("pad") else ""
            raise ValueError(f"{place}: unknown cleaner {name!r}; {hint}{width}")
        cleaners.append(cleaner)
    return tuple(cleaners)


def _parse_values(entries: Any, where: str, folder: Path) -> Mapping[str, str]:
    """Return a value map, given as a table or as a CSV file of two columns."""
    if isinstance(entries, str):
        pairs = _read_values(folder / entries, f"{where}values = {entries!r}")
    elif isinstance(entries, dict):
        pairs = [
            (name, toml_entries.get_text(entries, name, f"{where}values.")) for name in entries
        ]
    else:
        raise ValueError(f"{where}values = {entries!r}: write a table, or the name of a CSV file")
    values: dict[str, str] = {}
    for value, meant in pairs:
        if values.setdefault(value.strip().lower(), meant) != meant:
            raise ValueError(f"{where}values: {value!r} is there twice (case does not count)")
    return values


def _read_values(path: Path, where: str) -> list[tuple[str, str]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise ValueError(f"{where} cannot be read in the folder of the source: {error}") from None
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(row)][1:]
    if any(len(row) < 2 for row in rows):
        raise ValueError(f"{where}: it has two columns: the value of the file, and ours")
    if len(rows) > MAX_VALUES:
        raise ValueError(f"{where} has more than {MAX_VALUES} values: join it in SQL")
    return [(row[0], row[1].strip()) for row in rows]
