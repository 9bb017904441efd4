"""A table's description compiled to SQL: one SELECT of quads per column that says something.

https://www.w3.org/TR/csv2rdf/ in minimal mode. A template is filled from the cells as they are; a
virtual column is given only where every column it names has a value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kg import sql
from kg.iris import source as source_iri
from kg.namespaces import ID, expand
from kg.tables import SLOT, Column, Table, slots

TYPED = {"integer": "whole", "decimal": "decimal_number", "duration": "period", "anyURI": "address"}


@dataclass(frozen=True)
class Statement:
    """The quads of one column: SQL expressions over the staged lines."""

    subject: str
    predicate: str
    object: str
    needs: tuple[str, ...]
    any_of: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    """Columns whose cells hold several values, with their separator."""

    def select(self, staged: str) -> str:
        """The SELECT of (record, s, p, o) over a staged table."""
        relation = staged
        for name, separator in self.lists:
            relation = (
                f"(SELECT * REPLACE (nullif(trim(unnest(string_split({sql.name(name)}, "
                f"{sql.text(separator)}))), '') AS {sql.name(name)}) FROM {relation})"
            )
        conditions = [f"{sql.name(name)} IS NOT NULL" for name in self.needs]
        if self.any_of:
            conditions.append(
                "(" + " OR ".join(f"{sql.name(name)} IS NOT NULL" for name in self.any_of) + ")"
            )
        where = " AND ".join(conditions) or "true"
        return (
            f"SELECT record, {self.subject} AS s, {self.predicate} AS p, {self.object} AS o "
            f"FROM {relation} WHERE {where}"
        )


def compile_table(table: Table, source: str) -> Iterator[Statement]:
    """The statements of every column of a table, for the lines of one source."""
    for column in table.columns:
        if column.suppressed and column.temporal != "instant":
            continue
        yield _statement(table, column, source)


def _statement(table: Table, column: Column, source: str) -> Statement:
    about = column.about or table.about
    named = dict.fromkeys(
        [*slots(about), *slots(column.predicate or ""), *slots(column.value or "")]
        + ([] if column.virtual else [column.name])
    )
    return Statement(
        subject=template(table, about, source),
        predicate=_predicate(table, column, source),
        object=_object(table, column, source),
        needs=tuple(named),
        any_of=tuple(name for name in column.when if name not in named),
        lists=tuple(
            (name, separator) for name in named if (separator := table.column(name).separator)
        ),
    )


def _predicate(table: Table, column: Column, source: str) -> str:
    if column.temporal == "instant":
        return f"instant_property({sql.name(column.name)})"
    return template(table, column.predicate or "", source)


def _object(table: Table, column: Column, source: str) -> str:
    cell = sql.name(column.name)
    if column.value is not None:
        iri = template(table, column.value, source)
        return f"'<' || {iri} || '>'" if column.virtual else f"iri({iri}, {cell})"
    if column.temporal == "value":
        return f"temporal({cell})"
    if column.temporal == "instant":
        return _instant(cell)
    if column.lang:
        return f"tagged({cell}, {sql.text(column.lang)})"
    return f"{TYPED[column.datatype]}({cell})" if column.datatype else f"text({cell})"


def _instant(cell: str) -> str:
    """`time:inXSDDateTimeStamp` asks for its own datatype; the rest is typed by its form."""
    return f"replace(temporal({cell}), 'XMLSchema#dateTime>', 'XMLSchema#dateTimeStamp>')"


def template(table: Table, text: str, source: str) -> str:
    """The SQL expression of a URI template, or of a CURIE."""
    if not SLOT.search(text):
        return sql.text(expand(text))
    parts: list[str] = []
    last = 0
    for match in SLOT.finditer(text):
        if match.start() > last:
            parts.append(sql.text(text[last : match.start()]))
        parts.append(_slot(table, match[2], source))
        last = match.end()
    if last < len(text):
        parts.append(sql.text(text[last:]))
    return " || ".join(parts)


def _slot(table: Table, name: str, source: str) -> str:
    if name == "_source":
        return sql.text(source)
    if name == "_row":
        return "CAST(_row AS VARCHAR)"
    cell = sql.name(name)
    return f"expanded({cell})" if table.column(name).curie else cell


def line_mark(source: str, subject: str) -> str:
    """The SQL of the IRI of a line, `<…/id/source/{source}#key={kind}/{key}>`.

    `subject` is the SQL of what the line is about, one of our own addresses.
    """
    mark = sql.text(f"<{source_iri(source)}#key=")
    return f"{mark} || replace(({subject})[{len(ID) + 1}:], '#', '%23') || '>'"
