"""Reported fact: a row about a record, as the form for what is wrong shows its columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.views.labels import LabelResolver, Value
from kg.csvw_tables import TEMPLATE_SLOT, Column, Table
from kg.documents.relation_types import TIME_PROPERTIES
from kg.namespaces import ID, RDF_TYPE, expand

OWN_COLUMNS: Final = frozenset({"id", "reference", "read_at", "assertion"})
"""Columns with which a source keeps its rows, of which nobody is asked."""
INSTANT: Final = "instant"

Nodes = Mapping[str, Mapping[str, Sequence[Value]]]


@dataclass(frozen=True)
class ReportedFact:
    """A node that a row of a table makes, and what is said of it."""

    path: str
    """Its IRI below that of all records: `person/x#membership-inocrea-54`."""
    table: Table | None
    """None where it is of no canonical table: a source in RDF has others."""
    nodes: Nodes
    """What is said of it and of its period, by IRI and property."""

    def name_column(self, column: str) -> str:
        """The column of a report: its name after that of its table; the table alone without one."""
        return ".".join(filter(None, (self.table.name, column))) if self.table else column

    def list_columns(self, names: LabelResolver) -> list[tuple[str, str, str]]:
        """Name, title and value of each column that may be wrong."""
        if self.table is None:
            return []
        return [
            (column.name, names.site.localize(column.title), ", ".join(values))
            for column in self.table.real
            if column.name not in OWN_COLUMNS
            for values in [self._list_values(column, names)]
        ]

    def describe(self, names: LabelResolver) -> str:
        """The fact in words: its values, in the language of the page where they have one."""
        if self.table is None:
            return self.path
        told = (
            value
            for column in self.table.real
            if column.name not in OWN_COLUMNS and column.lang in (None, names.site.language)
            for value in self._list_values(column, names)
        )
        return " · ".join(dict.fromkeys(told))

    def list_iris(self) -> Iterator[str]:
        """The IRIs whose names are shown."""
        yield self._owner
        for facts in self.nodes.values():
            for values in facts.values():
                yield from (value.value for value in values if isinstance(value, ox.NamedNode))

    @property
    def _owner(self) -> str:
        return ID + self.path.partition("#")[0]

    def _list_values(self, column: Column, names: LabelResolver) -> list[str]:
        if self.table is None:
            return []
        if column.suppressed and column.temporal != INSTANT:  # its cell is part of the address
            own = TEMPLATE_SLOT.match(self.table.about.removeprefix(ID))
            named = own is not None and own[2] == column.name
            return [names.resolve(ox.NamedNode(self._owner)).text] if named else []
        facts = self.nodes.get(self._find_subject(column), {})
        if column.temporal == INSTANT:
            found = [value for name in TIME_PROPERTIES for value in facts.get(name, ())]
        else:
            found = list(facts.get(expand(column.predicate or ""), ()))
        if column.lang:
            found = [v for v in found if getattr(v, "language", None) == column.lang]
        return [names.resolve(value).text for value in found]

    def _find_subject(self, column: Column) -> str:
        """The node that a column speaks of: the fact, or one that hangs on it (its beginning)."""
        if self.table is None or column.about is None:
            return ID + self.path
        rest = column.about.removeprefix(self.table.about)
        return ID + self.path + (rest if rest != column.about else "")


def build_reported_fact(path: str, nodes: Nodes, tables: Mapping[str, Table]) -> ReportedFact:
    """The fact at an address, with the table that makes it, if there is one."""
    classes = {v.value for v in nodes[ID + path].get(RDF_TYPE, ()) if isinstance(v, ox.NamedNode)}
    about_records = (each for each in tables.values() if each.kind is None)
    table = next((each for each in about_records if each.node_class in classes), None)
    return ReportedFact(path, table, nodes)
