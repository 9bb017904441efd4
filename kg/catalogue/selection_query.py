"""SPARQL query of a selection: the records that the filters of a list keep.

Each filter is met by the record or, in a release where records were judged the same, by any of the
records that it stands for. A bounding box has no query: a record that states no coordinates is on
maps at a point that the catalogue chooses. Times are of the day that they are written with, in the
catalogue of that of their zone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.edtf import OPEN_END, OPEN_ENDED_KINDS
from kg.catalogue.filters import UNSTATED, Filters
from kg.catalogue.records import Field
from kg.catalogue.same_things import LEADING_SCHEMES
from kg.catalogue.territory_closure import VENUE_PREDICATES
from kg.iris import build_record_iri
from kg.kinds import KINDS, Kind, find_relation
from kg.namespaces import GRAPH, ID, INTERNAL_GRAPHS, PREFIXES, shorten

SOURCE: Final = "source"
TERRITORY: Final = "territory"
PART_PATHS: Final = {"": "", "#address": "locn:address/"}
"""Beginning of the path to a column, by the fragment of its subject."""
SAME: Final = "(owl:sameAs|^owl:sameAs)"
"""Path between two records of one thing."""
KNOWN_YEAR: Final = "[0-9]{3}"
"""What a date begins with that has an interval."""
SEASON_MONTHS: Final = (("21", "03", "05"), ("22", "06", "08"), ("23", "09", "11"))
"""Seasons of EDTF with their first and last month."""
WINTER: Final = ("24", "12", "12")


def write_selection_query(
    kind: Kind,
    filters: Filters,
    columns: Mapping[str, Sequence[Field]],
    comments: Sequence[str] = (),
    *,
    has_same: bool = False,
) -> str | None:
    """The query of a selection, None for one by a bounding box.

    `columns` are those of each kind, `comments` its first lines; `has_same` tells whether any
    records of the release were judged the same.
    """
    if filters.box:
        return None
    writer = _PatternWriter(
        kind, {field.name: field for field in columns[kind.name]}, list_steps(columns), has_same
    )
    patterns = "\n".join(f"  {line}" for line in writer.iterate_lines(filters))
    query = f"SELECT DISTINCT ?record WHERE {{\n{patterns}\n}}"
    head = [f"# {comment}" for comment in comments]
    head += [
        f"PREFIX {prefix}: <{iri}>"
        for prefix, iri in PREFIXES.items()
        if re.search(rf"(?<!\w){prefix}:", query)
    ]
    return "\n".join([*head, query])


def list_steps(columns: Mapping[str, Sequence[Field]]) -> list[str]:
    """The properties that lead from a record to the places and territories that it is in."""
    stated = [
        _shorten(field.predicate)
        for kind in KINDS
        for field in columns.get(kind.name, ())
        if field.name in kind.territories and field.predicate
    ]
    return list(dict.fromkeys([*stated, *VENUE_PREDICATES]))


@dataclass(frozen=True)
class _PatternWriter:
    kind: Kind
    fields: Mapping[str, Field]
    steps: Sequence[str]
    has_same: bool

    def iterate_lines(self, filters: Filters) -> Iterator[str]:
        """Yield the lines of the group of a query."""
        yield f"?record a {self.kind.class_iri} ."
        prefix = f"{ID}{self.kind.name}/"
        yield f'FILTER(STRSTARTS(STR(?record), "{prefix}") && !CONTAINS(STR(?record), "#"))'
        if self.has_same:
            yield from _keep_leads(prefix)
        for name, values in filters.values.items():
            yield from self._filter_by_values(name, values)
        if filters.has_words:
            yield f"FILTER(ess:matches(?record, {_quote(filters.text)}))"
        if filters.since or filters.until:
            yield from self._filter_by_period(filters.since or "", filters.until or OPEN_END)
        if filters.begun:
            yield from self._filter_by_beginning(*filters.begun)

    def _filter_by_values(self, name: str, values: Sequence[str]) -> Iterator[str]:
        stated = [value for value in values if value != UNSTATED]
        if UNSTATED not in values and name != SOURCE:
            yield from self._choose_values(name, stated)
            yield from self._write_pattern(name, stated)
            return
        # a record has many statements in a source: to look for one is enough
        tested = [*_indent(self._write_pattern(name, stated)), *_indent(self._test(name, stated))]
        if name == SOURCE and self.has_same:
            written = " ".join(line.strip() for line in tested)
            one = written.replace("?record", "?stated")
            tested = [f"  ?record {SAME}* ?stated .", f"  FILTER EXISTS {{ {one} }}"]
        if UNSTATED not in values:
            yield from ["FILTER EXISTS {", *tested, "}"]
            return
        yield "FILTER(NOT EXISTS {"
        yield from _indent(self._write_pattern(name, ()))
        yield from _indent(self._test(name, ()))
        if stated:
            yield from ["} || EXISTS {", *tested]
        yield "})"

    def _choose_values(self, name: str, values: Sequence[str]) -> Iterator[str]:
        """The values that a variable may have, before its pattern."""
        iris = " ".join(self._list_iris(name, values))
        if iris:
            yield f"VALUES ?{name} {{ {iris} }}"
        else:
            yield from self._test(name, values)

    def _test(self, name: str, values: Sequence[str]) -> Iterator[str]:
        """The values that a variable may have, after its pattern; any where there are none."""
        relation = find_relation(self.kind.name, name)
        iris = self._list_iris(name, values)
        if iris:
            yield f"FILTER(?{name} IN ({', '.join(iris)}))"
        elif values:
            yield f"FILTER(STR(?{name}) IN ({', '.join(map(_quote, values))}))"
        elif name == SOURCE:
            yield f"FILTER(?source NOT IN ({', '.join(map(_format_graph, INTERNAL_GRAPHS))}))"
        elif name == TERRITORY or relation is not None:
            kind = relation.kind if relation is not None else TERRITORY
            yield f'FILTER(STRSTARTS(STR(?{name}), "{ID}{kind}/"))'

    def _list_iris(self, name: str, values: Sequence[str]) -> list[str]:
        """The values of a filter as IRIs; none where they are literals."""
        relation = find_relation(self.kind.name, name)
        if name == SOURCE:
            return [_format_graph(value) for value in values]
        if name == TERRITORY or relation is not None:
            kind = relation.kind if relation is not None else TERRITORY
            return [f"<{build_record_iri(kind, value)}>" for value in values]
        return [f"<{iri}>" for value in values if (iri := self.fields[name].build_iri(value))]

    def _write_pattern(self, name: str, values: Sequence[str]) -> Iterator[str]:
        """The pattern of the values of a filter; where none are asked for, of any."""
        relation = find_relation(self.kind.name, name)
        if name == SOURCE:
            yield "GRAPH ?source { ?record ?property ?value }"
        elif name == TERRITORY:
            # a territory that lies in any lies in one directly
            many = "" if self.kind.name == TERRITORY and not values else "+"
            yield f"?record {self._same}({'|'.join(self.steps)}){many} ?territory ."
        elif relation is not None:
            own = relation.own
            own = own.removeprefix("^") if own.startswith("^") else f"^{own}"
            yield f"?record {self._same}{own}/{relation.other}{self._or_same} ?{name} ."
        else:
            field = self.fields[name]
            path = PART_PATHS[field.fragment] + self._shorten_column(name)
            same = self._or_same if field.reference else ""
            yield f"?record {self._same}{path}{same} ?{name} ."
            if field.lang:
                yield f'FILTER(LANG(?{name}) = "{field.lang}")'

    @property
    def _same(self) -> str:
        """The beginning of a path that starts at any record of a thing."""
        return f"{SAME}*/" if self.has_same else ""

    @property
    def _or_same(self) -> str:
        """The end of a path that leads to any record of a thing."""
        return f"/{SAME}*" if self.has_same else ""

    def _write_dates(self, columns: Sequence[str], variable: str, *, last: bool) -> Iterator[str]:
        """The first or last days of the dates of some columns, as text; cut where less exact."""
        predicates = [self._shorten_column(name) for name in columns]
        path = predicates[0] if len(predicates) == 1 else f"({'|'.join(predicates)})"
        yield f"?record {self._same}{path} ?date ."
        yield 'BIND(REPLACE(STR(?date), "[?~%]|-XX", "") AS ?edtf)'
        if last:
            half = f'IF(REGEX(?edtf, "/{KNOWN_YEAR}"), STRAFTER(?edtf, "/"), STRBEFORE(?edtf, "/"))'
        else:
            half = f'IF(REGEX(?edtf, "^{KNOWN_YEAR}"), STRBEFORE(?edtf, "/"), STRAFTER(?edtf, "/"))'
        yield f'BIND(IF(CONTAINS(?edtf, "/"), {half}, ?edtf) AS ?half)'
        yield f'FILTER(REGEX(?half, "^{KNOWN_YEAR}"))'
        text = f'REPLACE(?half, "X$", "{9 if last else 0}")'
        for season, *months in (*SEASON_MONTHS, WINTER):
            text = f'REPLACE({text}, "^(....)-{season}$", "$1-{months[last]}")'
        yield f"BIND({text} AS {variable})"

    def _filter_by_period(self, since: str, until: str) -> Iterator[str]:
        """Keep the records that have begun by the last day and not ended before the first."""
        dates = self.kind.dates
        yield "FILTER EXISTS {"
        yield from _indent(self._write_dates(dates, "?begins", last=False))
        yield f'  FILTER(?begins <= "{until}~")'
        yield "}"
        if not since:
            return
        is_open = self.kind.name in OPEN_ENDED_KINDS
        lasts = [*self._write_dates(dates[1:] if is_open else dates, "?ends", last=True)]
        if is_open:
            yield "FILTER(NOT EXISTS {"
            yield from _indent(lasts)
            yield "} || EXISTS {"
        else:
            yield "FILTER EXISTS {"
        yield from _indent(lasts)
        yield f'  FILTER(?ends >= SUBSTR("{since}", 1, STRLEN(?ends)))'
        yield "})" if is_open else "}"

    def _filter_by_beginning(self, since: str, until: str) -> Iterator[str]:
        """Keep the records that begin in some years; in a month, those whose month is known."""
        of_years = since.endswith("-01") and until.endswith("-12")
        kept = f'?begins >= "{since[:4]}" && ?begins <= "{until[:4]}-12~"'
        if not of_years:
            kept = f'REGEX(STR(?date), "^{since}(-[0-9]{{2}}|[^/]*$)")'
        starts, ends = self.kind.dates[:1], self.kind.dates[1:]
        yield "FILTER(EXISTS {"
        yield from _indent(self._write_dates(starts, "?begins", last=False))
        yield f"  FILTER({kept})"
        if ends and of_years:  # what is known to have ended alone stands at its end
            yield "} || EXISTS {"
            yield from _indent(self._write_dates(ends, "?begins", last=False))
            yield f"  FILTER({kept})"
            start = f"{self._same}{self._shorten_column(starts[0])}"
            yield f"  FILTER NOT EXISTS {{ ?record {start} ?start }}"
        yield "})"

    def _shorten_column(self, name: str) -> str:
        return _shorten(self.fields[name].predicate or "")


def _keep_leads(prefix: str) -> Iterator[str]:
    """Keep one record of each thing: the one that stands for all of them in lists."""
    record, other = _write_rank("?record", prefix), _write_rank("?same", prefix)
    yield "FILTER NOT EXISTS {"
    yield f"  ?record {SAME}+ ?same ."
    yield f'  FILTER(STRSTARTS(STR(?same), "{prefix}") && {other} < {record})'
    yield "}"


def _write_rank(variable: str, prefix: str) -> str:
    """The text by which records of one thing are put in order, the lead first."""
    schemes = "".join(f"/{scheme}-" for scheme in LEADING_SCHEMES)
    scheme = f'CONCAT("/", STRBEFORE(STRAFTER(STR({variable}), "{prefix}"), "-"), "-")'
    place = f'100 + STRLEN(STRBEFORE("{schemes}", {scheme}))'
    return f'CONCAT(STR(IF(CONTAINS("{schemes}", {scheme}), {place}, 999)), STR({variable}))'


def _format_graph(source: str) -> str:
    return f"<{GRAPH}{source}>"


def _indent(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _shorten(iri: str) -> str:
    """A property in a query: its CURIE, where its namespace is known."""
    short = shorten(iri)
    return f"<{iri}>" if short == iri else short


def _quote(text: str) -> str:
    """A string of a query, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(escaped.split())}"'
