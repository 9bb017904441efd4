"""Compiler of declared mappings: `[map.<table>]` to the SELECT that `<table>.sql` would be.

A name in a mapping is a column of the file, else a place inside one that holds JSON:
`locations[0].geonames_details.name`, `names[].value` (the values of all elements),
`names[lang=fr][0].value` (of the first that meets a condition).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from kg import sql
from kg.countries import HOME_COUNTRIES
from kg.csvw_tables import OTHER_LABELS, OTHER_NAMES, TAG_PATTERN, Table
from kg.errors import SourceError, TableError
from kg.sources import toml_entries
from kg.sources.cell_cleaners import Cleaner, bind_once
from kg.sources.declared_mapping import (
    AS_COUNTRY,
    COMMUNE,
    ColumnRule,
    Explode,
    RowsRule,
    Slot,
    TableRule,
)
from kg.sources.opened_table import OpenedTable
from kg.sources.source_description import DESCRIPTION_FILE, Source

SEPARATOR: Final = "|"
"""What stands between the values of a list in a canonical table."""
JSON_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d*|\*)\]")
JSON_CONDITION: Final = re.compile(r"\[([^\[\]=]+)=([^\[\]]*)\]")
JSON_POSITION: Final = re.compile(r"\[(\d*)\]")
NAMES: Final = ("label_fr", "label_en", "acronym")
ANY_MEMBER_FORMATS: Final = ("JSON",)
"""Formats whose files have a column only where a record has a value for it."""
COUNTRY: Final = "country"
COMMUNE_PREFIX: Final = "territory/commune-"
COUNTRY_PREFIX: Final = "territory/country-of-"
"""What a reference to a country is, until it is known whether there is a record of it."""
IS_COUNTRY_SQL: Final = (
    "coalesce(regexp_full_match(upper(clean_country(value)), '[A-Z]{2}'), false)"
)
NAMED_COMMUNE: Final = "in-"
"""What follows in a reference to a commune by its post code and its name, until it is resolved."""


@dataclass(frozen=True)
class UnmappedQuery:
    """A SELECT (file, value, rows) of the values of the files that a value map does not have."""

    column: str
    select: str


@dataclass(frozen=True)
class CompiledTable:
    """The SELECT of one rule, the views it reads, and the questions on its values."""

    select: str
    views: frozenset[str]
    unmapped: tuple[UnmappedQuery, ...]


@dataclass(frozen=True)
class _Relation:
    """What a rule reads: a SELECT, and its columns."""

    select: str
    columns: tuple[str, ...]
    is_open: bool
    """Whether a column that it does not have may just have no value in these files."""


def compile_table_rule(
    source: Source,
    rule: TableRule,
    table: Table,
    raw: Sequence[tuple[Path, Sequence[OpenedTable]]],
    views: Mapping[str, Sequence[str]],
) -> CompiledTable:
    """The SELECT of a rule over the files of a source, and its views with their columns.

    Raises SourceError, TableError with what is not known and what was meant.
    """
    return _Compiler(source, rule, table).compile(raw, views)


def compile_view(
    source: Source, rule: RowsRule, raw: Sequence[tuple[Path, Sequence[OpenedTable]]]
) -> tuple[str, frozenset[str]]:
    """The SELECT of a declared view over the files of a source, and the views of files it reads.

    Raises SourceError, TableError.
    """
    used, relation = _RowsCompiler(source, rule).compile_files(raw)
    return relation.select, used


def find_files(
    source: Source,
    patterns: Sequence[str],
    raw: Sequence[tuple[Path, Sequence[OpenedTable]]],
    place: str,
    sheets: Sequence[str] = (),
) -> list[OpenedTable]:
    """The tables of the files of some patterns; of a workbook its first sheet, unless stated."""
    found: list[OpenedTable] = []
    for pattern in patterns:
        matching = [each for path, each in raw if path.relative_to(source.folder).match(pattern)]
        if not matching:
            names = ", ".join(path.relative_to(source.folder).as_posix() for path, _ in raw)
            bring = f"ess-kg fetch {source.name} --from"
            raise SourceError(
                f'{_describe(source, place)}: no file is "{pattern}"; '
                + (
                    f"there are {names}"
                    if names
                    else f"raw/ is empty: bring its file, {bring} FILE"
                ),
                f"{_describe(source, place)} : aucun fichier « {pattern} » ; "
                + (
                    f"il y a {names}"
                    if names
                    else f"raw/ est vide : apportez son fichier, {bring} FICHIER"
                ),
            )
        for opened in matching:
            found += [one for one in _choose_sheets(opened, sheets) if one not in found]
    return found


def build_union_sql(found: Sequence[str]) -> str:
    """Views of the same columns as one; one that a view has not is empty there."""
    return " UNION ALL BY NAME ".join(f"SELECT * FROM {sql.identifier(view)}" for view in found)


def _choose_sheets(opened: Sequence[OpenedTable], sheets: Sequence[str]) -> Sequence[OpenedTable]:
    if not sheets or not any(one.sheet for one in opened):
        return opened[:1]
    return [one for one in opened if any(fnmatch(one.sheet, each) for each in sheets)]


def _describe(source: Source, place: str) -> str:
    return f"{source.name}/{DESCRIPTION_FILE}: {place}"


class _RowsCompiler:
    """The compilation of what rows are taken."""

    def __init__(self, source: Source, rule: RowsRule) -> None:
        self.source = source
        self.rule = rule

    def compile_files(
        self, raw: Sequence[tuple[Path, Sequence[OpenedTable]]]
    ) -> tuple[frozenset[str], _Relation]:
        """The rows of the files, taken apart and chosen as the rule says."""
        rule = self.rule
        opened = find_files(self.source, rule.files, raw, rule.place, rule.sheets)
        columns = list(dict.fromkeys(name for one in opened for name in one.columns))
        is_open = any(
            known in one.format_description for one in opened for known in ANY_MEMBER_FORMATS
        )
        names = [one.view for one in opened]
        relation = _Relation(build_union_sql(names), (*columns, "_file", "_row"), is_open)
        return frozenset(name.casefold() for name in names), self.choose(relation)

    def choose(self, relation: _Relation) -> _Relation:
        """The rows of a relation that the rule takes."""
        relation = self._add_missing(relation)
        for explode in self.rule.explodes:
            if explode.as_name:
                relation = self._explode_as(relation, explode)
            else:
                relation = self._explode(relation, explode)
        if self.rule.where:
            select = f"SELECT * FROM ({relation.select}) WHERE (\n{self.rule.where}\n)"
            relation = _Relation(select, relation.columns, relation.is_open)
        return relation

    def _add_missing(self, relation: _Relation) -> _Relation:
        """The rows with an empty column for each that they may lack, and do."""
        known = {name.casefold() for name in relation.columns}
        missing = [name for name in self.rule.may_lack if name.casefold() not in known]
        if not missing:
            return relation
        cells = []
        for name in missing:
            column, path = self._resolve(relation, name, "may_lack", optional=True)
            cell = sql.identifier(column) if column else "CAST(NULL AS VARCHAR)"
            cells.append(_build_json_sql(cell, path) if column and path else cell)
        empty = ", ".join(
            f"{cell} AS {sql.identifier(name)}" for cell, name in zip(cells, missing, strict=True)
        )
        select = f"SELECT *, {empty} FROM ({relation.select})"
        return _Relation(select, (*relation.columns, *missing), relation.is_open)

    def _explode_as(self, relation: _Relation, explode: Explode) -> _Relation:
        """One row for each thing in a cell, or at a place inside it, in a column of its own.

        Beside it is its number, from 1. A row without any is left out.
        """
        (stated,) = explode.columns
        name, path = self._resolve(relation, stated, "explode", optional=False)
        cell = sql.identifier(name) if name else "CAST(NULL AS VARCHAR)"
        if path:
            cell = _build_json_text_sql(cell, path)
        value, number = explode.as_name, f"{explode.as_name}_number"
        numbers = "unnest(range(1, coalesce(len(_parts), 0) + 1))"
        select = (
            f"SELECT * EXCLUDE (_parts), _parts[{sql.identifier(number)}] AS "
            f"{sql.identifier(value)} FROM (SELECT *, {numbers} "
            f"AS {sql.identifier(number)} FROM (SELECT *, "
            f"{_build_parts_sql(cell, explode.separators)} AS _parts FROM ({relation.select})))"
        )
        return _Relation(select, (*relation.columns, value, number), relation.is_open)

    def _explode(self, relation: _Relation, explode: Explode) -> _Relation:
        """One row for each thing in a cell; columns beside it that have as many are taken along."""
        names = [self._resolve_column(relation, name, "explode") for name in explode.columns]
        parts = ", ".join(
            f"{_build_parts_sql(sql.identifier(name), explode.separators)} AS _parts_{n}"
            for n, name in enumerate(names)
        )
        replaced = [f"_parts_0[_part] AS {sql.identifier(names[0])}"]
        replaced += [
            f"CASE WHEN len(_parts_{n}) = len(_parts_0) THEN _parts_{n}[_part] "
            f"ELSE {sql.identifier(name)} END AS {sql.identifier(name)}"
            for n, name in enumerate(names[1:], 1)
        ]
        helpers = ", ".join(["_part", *(f"_parts_{n}" for n in range(len(names)))])
        select = (
            f"SELECT * EXCLUDE ({helpers}) REPLACE ({', '.join(replaced)}) FROM ("
            "SELECT *, unnest(range(1, greatest(coalesce(len(_parts_0), 0), 1) + 1)) AS _part "
            f"FROM (SELECT *, {parts} FROM ({relation.select})))"
        )
        return _Relation(select, relation.columns, relation.is_open)

    def _resolve_column(self, relation: _Relation, name: str, place: str) -> str:
        column, path = self._resolve(relation, name, place, optional=False)
        if not column or path:
            raise self._make_column_error(relation, name, place)
        return column

    def _resolve(
        self, relation: _Relation, name: str, place: str, *, optional: bool
    ) -> tuple[str, str]:
        """The column that a name means, and the path inside it; none where it has no value."""
        folded = {column.casefold(): column for column in reversed(relation.columns)}
        end = len(name)
        while end > 0:
            column = folded.get(name[:end].casefold())
            if column is not None:
                return column, name[end:]
            end = max(name.rfind(".", 0, end), name.rfind("[", 0, end))
        near = toml_entries.find_nearest(name, relation.columns)
        if optional or (relation.is_open and not near):
            return "", ""
        raise self._make_column_error(relation, name, place)

    def _make_column_error(self, relation: _Relation, name: str, place: str) -> TableError:
        return self._make_error(
            f"{place}: the file has no column {name!r}",
            f"{place} : le fichier n’a pas de colonne {name!r}",
            name,
            [column for column in relation.columns if not column.startswith("_")],
        )

    def _make_error(self, english: str, french: str, name: str, known: Sequence[str]) -> TableError:
        near = toml_entries.find_nearest(name, known)
        listed = ", ".join(known)
        place = _describe(self.source, self.rule.place)
        return TableError(
            f"{place}: {english}; " + (f"did you mean {near}?" if near else f"it has {listed}"),
            f"{place} : {french} ; "
            + (f"vouliez-vous dire {near} ?" if near else f"il y a {listed}"),
        )


class _Compiler(_RowsCompiler):
    """The compilation of one rule."""

    rule: TableRule

    def __init__(self, source: Source, rule: TableRule, table: Table) -> None:
        super().__init__(source, rule)
        self.table = table

    def compile(
        self,
        raw: Sequence[tuple[Path, Sequence[OpenedTable]]],
        views: Mapping[str, Sequence[str]],
    ) -> CompiledTable:
        self._check_names()
        found, relation = self._find_relation(raw, views)
        cells = {
            name: self._build_cell(relation, name, column)
            for name, column in self.rule.columns.items()
        }
        self._limit_communes(cells)
        select = ", ".join(f"{cell} AS {sql.identifier(name)}" for name, cell in cells.items())
        marks = "".join(f", {name}" for name in ("_file", "_row") if name in relation.columns)
        select = f"SELECT {select}{marks} FROM ({relation.select})"
        names = [name for name in cells if name in NAMES or name == OTHER_LABELS]
        if OTHER_NAMES in cells and names:
            select = _leave_out_names(select, names)
        if self.rule.each:
            select = self._take_values_apart(select)
        if self.rule.unique:
            keys = ", ".join(map(sql.identifier, self._list_keys(cells)))
            order = ", ".join(name for name in ("_file", "_row") if name in relation.columns)
            select = (
                f"SELECT * FROM ({select}) QUALIFY row_number() OVER (PARTITION BY {keys}"
                f"{' ORDER BY ' + order if order else ''}) = 1"
            )
        return CompiledTable(select, found, tuple(self._find_unmapped(relation)))

    def _limit_communes(self, cells: dict[str, str]) -> None:
        """In a row that states another country, replace the commune by that country."""
        if COUNTRY not in cells:
            return
        home = ", ".join(map(sql.literal, sorted(HOME_COUNTRIES)))
        abroad = bind_once(
            cells[COUNTRY],
            "country",
            f"CASE WHEN regexp_full_match(country, '[A-Z]{{2}}') AND country NOT IN ({home}) "
            f"THEN {sql.literal(COUNTRY_PREFIX)} || country END",
        )
        for name, column in self.rule.columns.items():
            if column.as_kind == COMMUNE:
                cells[name] = f"coalesce({abroad}, {cells[name]})"

    def _check_names(self) -> None:
        allowed = [*self.table.names, *filter(None, [self.source.codes_on_column])]
        for name in self.rule.columns:
            if name not in allowed and not self.table.find_tagged_column(name):
                raise self._make_error(
                    f"the table {self.table.name!r} has no column {name!r}",
                    f"la table {self.table.name!r} n’a pas de colonne {name!r}",
                    name,
                    allowed,
                )

    def _take_values_apart(self, select: str) -> str:
        """A SELECT with a row for each value of the column `each`."""
        if self.rule.each not in self.rule.columns:
            raise self._make_error(
                f"each: no column {self.rule.each!r} is mapped",
                f"each : aucune colonne {self.rule.each!r} n’est remplie",
                self.rule.each,
                list(self.rule.columns),
            )
        column = sql.identifier(self.rule.each)
        parts = f"string_split({column}, {sql.literal(SEPARATOR)})"
        return f"SELECT * REPLACE (unnest({parts}) AS {column}) FROM ({select})"

    def _list_keys(self, cells: Mapping[str, str]) -> list[str]:
        keys = [name for name in ("id",) if name in cells]
        return keys or list(cells)

    def _find_relation(
        self,
        raw: Sequence[tuple[Path, Sequence[OpenedTable]]],
        views: Mapping[str, Sequence[str]],
    ) -> tuple[frozenset[str], _Relation]:
        rule = self.rule
        if rule.view:
            declared = {name.casefold(): view for name, view in self.source.mapping.views.items()}
            if view := declared.get(rule.view.casefold()):
                used, relation = _RowsCompiler(self.source, view).compile_files(raw)
                return used, self.choose(relation)
            columns = next(
                (names for view, names in views.items() if view.casefold() == rule.view.casefold()),
                None,
            )
            if columns is None:
                raise self._make_error(
                    f"there is no view {rule.view!r}",
                    f"il n’y a pas de vue {rule.view!r}",
                    rule.view,
                    list(views),
                )
            select = f"SELECT * FROM {sql.identifier(rule.view)}"
            relation = self.choose(_Relation(select, tuple(columns), False))
            return frozenset({rule.view.casefold()}), relation
        return self.compile_files(raw)

    def _build_cell(self, relation: _Relation, name: str, column: ColumnRule) -> str:
        """The SQL of a cell of the table."""
        separated = self.table.get_column(name).separator if name in self.table.names else None
        value = self._build_value(relation, column)
        if column.split or separated:
            items = _build_parts_sql(value, column.split or (SEPARATOR,))
            final = self._finish(relation, column, _clean("item", column.clean))
            joined = f"list_transform({items}, lambda item: {final})" if final != "item" else items
            kept = f"list_filter({joined}, lambda item: item IS NOT NULL)"
            return f"array_to_string(list_distinct_in_order({kept}), {sql.literal(SEPARATOR)})"
        # alternatives are clean already, each by itself
        cleaned = value if column.alternatives else _clean(value, column.clean)
        return self._finish(relation, column, cleaned)

    def _build_value(self, relation: _Relation, column: ColumnRule) -> str:
        """The SQL of what a cell is made of."""
        if column.constant:
            return sql.literal(column.constant)
        if column.sql:
            return f"CAST((\n{column.sql}\n) AS VARCHAR)"
        if column.template:
            return self._build_template(relation, column, column.template)
        if not column.alternatives:
            return "CAST(NULL AS VARCHAR)"
        # what cleaning empties gives its place to the next; a list is cleaned value by value
        clean = () if column.split else column.clean
        cells = [
            _clean(self._build_template(relation, column, parts), clean)
            for parts in column.alternatives
        ]
        return cells[0] if len(cells) == 1 else f"coalesce({', '.join(cells)})"

    def _build_template(
        self, relation: _Relation, column: ColumnRule, template: Sequence[str | Slot]
    ) -> str:
        parts = [
            sql.literal(part) if isinstance(part, str) else self._build_slot(relation, column, part)
            for part in template
        ]
        return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"

    def _finish(self, relation: _Relation, column: ColumnRule, value: str) -> str:
        """The SQL of a clean value, replaced, and made a reference where it is to be one."""
        if column.values is not None:
            value = _build_lookup(column, value)
        if column.as_kind == AS_COUNTRY:
            return _build_country(value)
        return self._build_commune(relation, column, value) if column.as_kind else value

    def _build_commune(self, relation: _Relation, column: ColumnRule, code: str) -> str:
        stated = f"{sql.literal(COMMUNE_PREFIX)} || code"
        if not (column.post_code and column.name):
            return bind_once(f"upper(clean_pad({code}, 5))", "code", stated)
        post_code = (
            f"regexp_replace(clean_pad({self._build_slot(relation, column, column.post_code)}, 5), "
            "'[^0-9A-Za-z]', '', 'g')"
        )
        name = self._build_slot(relation, column, column.name)
        by_name = (
            f"{sql.literal(COMMUNE_PREFIX + NAMED_COMMUNE)} || {post_code} || '-' || "
            f"nullif(trim(regexp_replace(strip_accents(lower({name})), '[^a-z0-9]+', '-', 'g'), "
            "'-'), '')"
        )
        return bind_once(
            f"upper(clean_pad({code}, 5))",
            "code",
            f"CASE WHEN regexp_full_match(code, '[0-9][0-9AB][0-9]{{3}}') THEN {stated} "
            f"ELSE coalesce({by_name}, {stated}) END",
        )

    def _build_slot(self, relation: _Relation, column: ColumnRule, slot: Slot) -> str:
        """The SQL of a column of the file, or of a place inside one; empty cells are NULL."""
        place = column.place.removeprefix(f"{self.rule.place}.")
        name, path = self._resolve(relation, slot.name, place, optional=column.optional)
        cell = sql.identifier(name) if name else "CAST(NULL AS VARCHAR)"
        if path:
            cell = _build_json_sql(cell, path)
        return _clean(f"nullif(trim(CAST({cell} AS VARCHAR)), '')", slot.clean)

    def _find_unmapped(self, relation: _Relation) -> Iterator[UnmappedQuery]:
        for name, column in self.rule.columns.items():
            if column.values is None or column.otherwise is not None:
                continue
            separated = self.table.get_column(name).separator if name in self.table.names else None
            value = self._build_value(relation, column)
            if column.split or separated:
                value = f"unnest({_build_parts_sql(value, column.split or (SEPARATOR,))})"
            known = [*column.values, *(meant.lower() for meant in column.values.values())]
            cleaned = _clean("item", column.clean)
            file = "_file" if "_file" in relation.columns else "NULL"
            yield UnmappedQuery(
                name,
                f"SELECT file, value, count(*) FROM (SELECT file, {cleaned} AS value FROM ("
                f"SELECT {file} AS file, {value} AS item FROM ({relation.select}))) "
                "WHERE value IS NOT NULL AND "
                f"lower(trim(value)) NOT IN ({', '.join(map(sql.literal, known))}) "
                f"{'AND NOT ' + IS_COUNTRY_SQL if column.as_kind == AS_COUNTRY else ''} "
                "GROUP BY file, value ORDER BY count(*) DESC, file, value",
            )


def _build_country(value: str) -> str:
    """The SQL of a reference to a country by its code or name; another reference stays."""
    found = bind_once(
        "upper(clean_country(stated))",
        "code",
        f"CASE WHEN regexp_full_match(code, '[A-Z]{{2}}') "
        f"THEN {sql.literal(COUNTRY_PREFIX)} || code END",
    )
    return bind_once(
        value,
        "stated",
        f"CASE WHEN starts_with(stated, 'territory/') THEN stated ELSE {found} END",
    )


def _leave_out_names(select: str, names: Sequence[str]) -> str:
    """A SELECT in which what is a name of a record already is no other name of it."""
    plain = f"regexp_replace(other, {sql.literal(f'@{TAG_PATTERN}$')}, '')"
    others = (
        f"list_filter(string_split({OTHER_NAMES}, {sql.literal(SEPARATOR)}), lambda other: "
        + " AND ".join(
            f"NOT coalesce(list_contains(string_split({name}, {sql.literal(SEPARATOR)}), other), "
            "false)"
            if name == OTHER_LABELS
            else f"{plain} IS DISTINCT FROM {name}"
            for name in names
        )
        + ")"
    )
    return f"SELECT * REPLACE ({_join_values(others)} AS {OTHER_NAMES}) FROM ({select})"


def _clean(cell: str, cleaners: Sequence[Cleaner]) -> str:
    for cleaner in cleaners:
        cell = cleaner.build_sql(cell)
    return cell


def _build_lookup(column: ColumnRule, value: str) -> str:
    """The SQL of the value that a value map gives; what it does not have stays, or is replaced."""
    values = column.values or {}
    names = ", ".join(map(sql.literal, values))
    meanings = ", ".join(map(sql.literal, values.values()))
    other = sql.literal(column.otherwise or "")
    if not values:
        return value if column.otherwise is None else other
    found = f"([{meanings}])[list_position([{names}], lower(trim(mapped)))]"
    if column.otherwise is None:
        found = f"coalesce({found}, mapped)"
    else:
        found = f"coalesce({found}, CASE WHEN mapped IS NOT NULL THEN {other} END)"
    return bind_once(value, "mapped", f"nullif({found}, '')")


def _build_parts_sql(cell: str, separators: Sequence[str]) -> str:
    """The SQL of the things in a cell: of a list in JSON its elements, else what is between."""
    pattern = "|".join(re.escape(each) for each in separators)
    return f"list_parts({cell}, {sql.literal(pattern)})"


def _build_json_sql(cell: str, path: str) -> str:
    """The SQL of what is at a place inside a cell that holds JSON.

    Conditions choose among the elements of a list, the first of which `[0]` is:
    `names[types=label][lang=fr][0].value`.
    """
    before, conditions, after = _split_at_conditions(path)
    if conditions:
        return _build_chosen_sql(cell, before, conditions, after)
    pointer = _build_pointer(path)
    value = bind_once(
        cell, "json",
        f"json_extract_string(CASE WHEN json_valid(json) THEN json END, {sql.literal(pointer)})",
    )  # fmt: skip
    return _join_values(value) if "[*]" in pointer else value


def _build_json_text_sql(cell: str, path: str) -> str:
    """The SQL of the JSON text at a place inside a cell; of several places, of their list."""
    pointer = _build_pointer(path)
    value = f"json_extract(CASE WHEN json_valid(json) THEN json END, {sql.literal(pointer)})"
    value = f"to_json({value})" if "[*]" in pointer else value
    return bind_once(cell, "json", f"CAST({value} AS VARCHAR)")


def _split_at_conditions(path: str) -> tuple[str, list[tuple[str, str]], str]:
    """The path before the first conditions, these as member and value, and the path after them."""
    first = JSON_CONDITION.search(path)
    if not first:
        return path, [], ""
    conditions = [(first[1], first[2])]
    end = first.end()
    while following := JSON_CONDITION.match(path, end):
        conditions.append((following[1], following[2]))
        end = following.end()
    return path[: first.start()], conditions, path[end:]


def _build_chosen_sql(
    cell: str, before: str, conditions: Sequence[tuple[str, str]], after: str
) -> str:
    """The SQL of what is in the elements of a list that meet conditions."""
    tests = " AND ".join(_build_test_sql(member, value) for member, value in conditions)
    position = JSON_POSITION.match(after)
    rest = after[position.end() :] if position else after
    items = bind_once(
        cell, "json",
        f"list_filter(from_json(json_extract(CASE WHEN json_valid(json) THEN json END, "
        f"{sql.literal(_build_pointer(before))}), '[\"JSON\"]'), lambda element: {tests})",
    )  # fmt: skip
    if position and position[1]:
        return _build_json_sql(f"CAST(({items})[{int(position[1]) + 1}] AS VARCHAR)", rest)
    inner = _build_json_sql("CAST(chosen AS VARCHAR)", rest)
    return _join_values(f"list_transform({items}, lambda chosen: {inner})")


def _build_test_sql(member: str, value: str) -> str:
    """The SQL of a condition: the member is the value, or a list that has it."""
    pointer = sql.literal(_build_pointer(member))
    return (
        f"coalesce(json_extract_string(element, {pointer}) = {sql.literal(value)} OR json_contains("
        f"json_extract(element, {pointer}), to_json({sql.literal(value)})), false)"
    )


def _build_pointer(path: str) -> str:
    steps = ["$"]
    for match in JSON_STEP.finditer(path):
        if match[1] is not None:
            steps.append('."' + match[1].replace("\\", "\\\\").replace('"', '\\"') + '"')
        else:
            steps.append(f"[{match[2] or '*'}]")
    return "".join(steps)


def _join_values(values: str) -> str:
    return f"nullif(array_to_string({values}, {sql.literal(SEPARATOR)}), '')"
