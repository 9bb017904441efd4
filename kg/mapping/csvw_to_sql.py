"""CSVW-to-SQL compiler: a table description to one SELECT of quads for each column.

https://www.w3.org/TR/csv2rdf/ in minimal mode. Templates are filled with unescaped cells; a virtual
column has a value only where all columns in its template have one.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kg import sql
from kg.csvw_tables import TEMPLATE_SLOT, UNKNOWN_LANGUAGE, Column, Table, find_slots
from kg.iris import build_source_iri as source_iri
from kg.namespaces import ID, expand

MACRO_BY_DATATYPE = {
    "integer": "whole",
    "decimal": "decimal_number",
    "duration": "period",
    "anyURI": "address",
}


@dataclass(frozen=True)
class ColumnStatement:
    """Quads of one column, as SQL expressions over the staged rows."""

    subject: str
    predicate: str
    object: str
    required_columns: tuple[str, ...]
    any_required: tuple[str, ...]
    list_columns: tuple[tuple[str, str], ...]
    """Columns whose cells hold several values, each with its separator."""

    def can_apply(self, filled: Collection[str]) -> bool:
        """Tell whether it can give quads where only these columns have values."""
        return all(name in filled for name in self.required_columns) and (
            not self.any_required or any(name in filled for name in self.any_required)
        )

    def build_select(self, staged: str) -> str:
        """Return the SELECT of (record, s, p, o) over a staged table."""
        relation = staged
        for name, separator in self.list_columns:
            relation = (
                f"(SELECT * REPLACE (nullif(trim(unnest(string_split({sql.identifier(name)}, "
                f"{sql.literal(separator)}))), '') AS {sql.identifier(name)}) FROM {relation})"
            )
        conditions = [f"{sql.identifier(name)} IS NOT NULL" for name in self.required_columns]
        if self.any_required:
            conditions.append(
                "("
                + " OR ".join(f"{sql.identifier(name)} IS NOT NULL" for name in self.any_required)
                + ")"
            )
        where = " AND ".join(conditions) or "true"
        return (
            f"SELECT record, {self.subject} AS s, {self.predicate} AS p, {self.object} AS o "
            f"FROM {relation} WHERE {where}"
        )


def compile_table(table: Table, source: str) -> Iterator[ColumnStatement]:
    """Compile each column of a table, for the rows of one source."""
    for column in table.columns:
        if column.suppressed and column.temporal != "instant":
            continue
        yield _compile_column(table, column, source)


def _compile_column(table: Table, column: Column, source: str) -> ColumnStatement:
    about = column.about or table.about
    column_names = dict.fromkeys(
        [*find_slots(about), *find_slots(column.predicate or ""), *find_slots(column.value or "")]
        + ([] if column.virtual else [column.name])
    )
    return ColumnStatement(
        subject=build_template_sql(table, about, source),
        predicate=_build_predicate_sql(table, column, source),
        object=_build_object_sql(table, column, source),
        required_columns=tuple(column_names),
        any_required=tuple(name for name in column.when if name not in column_names),
        list_columns=tuple(
            (name, separator)
            for name in column_names
            if (separator := table.get_column(name).separator)
        ),
    )


def _build_predicate_sql(table: Table, column: Column, source: str) -> str:
    if column.temporal == "instant":
        return f"instant_property({sql.identifier(column.name)})"
    return build_template_sql(table, column.predicate or "", source)


def _build_object_sql(table: Table, column: Column, source: str) -> str:
    cell = sql.identifier(column.name)
    if column.value is not None:
        iri = build_template_sql(table, column.value, source)
        return f"'<' || {iri} || '>'" if column.virtual else f"iri({iri}, {cell})"
    if column.temporal == "value":
        return f"temporal({cell})"
    if column.temporal == "instant":
        return _build_instant_sql(cell)
    if column.country:
        return f"text(country_code({cell}))"
    if column.tagged:
        return f"with_tag({cell}, {sql.literal(column.lang or UNKNOWN_LANGUAGE)})"
    if column.lang:
        return f"tagged({cell}, {sql.literal(column.lang)})"
    return f"{MACRO_BY_DATATYPE[column.datatype]}({cell})" if column.datatype else f"text({cell})"


def _build_instant_sql(cell: str) -> str:
    """Return the SQL of an `xsd:dateTimeStamp`, which `time:inXSDDateTimeStamp` requires."""
    return f"replace(temporal({cell}), 'XMLSchema#dateTime>', 'XMLSchema#dateTimeStamp>')"


def build_template_sql(table: Table, text: str, source: str) -> str:
    """Return the SQL of a URI template, or of a CURIE."""
    if not TEMPLATE_SLOT.search(text):
        return sql.literal(expand(text))
    parts: list[str] = []
    last = 0
    for match in TEMPLATE_SLOT.finditer(text):
        if match.start() > last:
            parts.append(sql.literal(text[last : match.start()]))
        parts.append(_build_slot_sql(table, match[2], source))
        last = match.end()
    if last < len(text):
        parts.append(sql.literal(text[last:]))
    return " || ".join(parts)


def _build_slot_sql(table: Table, name: str, source: str) -> str:
    if name == "_source":
        return sql.literal(source)
    if name == "_row":
        return "CAST(_row AS VARCHAR)"
    cell = sql.identifier(name)
    return f"expanded({cell})" if table.get_column(name).curie else cell


def build_row_iri_sql(source: str, subject: str) -> str:
    """Return the SQL of the IRI of a row, `<…/id/source/{source}#key={kind}/{key}>`.

    `subject` is the SQL of the IRI of the entity that the row describes.
    """
    mark = sql.literal(f"<{source_iri(source)}#key=")
    return f"{mark} || replace(({subject})[{len(ID) + 1}:], '#', '%23') || '>'"
