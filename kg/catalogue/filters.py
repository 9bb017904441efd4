"""Filters of a list: parsed from query parameters, and validated."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kg.catalogue.edtf import YEAR, parse_span, parse_typed_date
from kg.catalogue.text_analysis import tokenize_without_stop_words
from kg.errors import InvalidParameter, ParameterFault
from kg.kinds import KIND_BY_NAME, KINDS, Kind

BoundingBox = tuple[float, float, float, float]
"""West, south, east, north; west is greater than east across the 180th meridian."""
MonthRange = tuple[str, str]
"""First and last month, as `2026-11`."""
NUMBERS_WITH_HEIGHTS: Final = 6
"""Length of a bounding box with heights (RFC 7946, 5)."""
MAX_LONGITUDE: Final = 180.0
MONTH_LENGTH: Final = 7
"""Length of the prefix of a date that is its month."""

MAX_FILTER_VALUES: Final = 100
"""Maximum number of values of one filter."""
MAX_TEXT_LENGTH: Final = 200
"""Maximum length of a search text."""
MAX_LISTED_VALUES: Final = 20
UNSTATED: Final = "-"
"""The value of a filter that keeps the records of which no value is stated."""
KEY_FILTERS: Final = {
    "territory": "territory",
    **{relation.name: relation.kind for kind in KINDS for relation in kind.relations},
}
"""Filters whose values are keys of records, with their kind; other records are `kind/key`."""
CONTROL_PARAMETERS: Final = ("sort", "after", "limit", "lang", "format", "release")
"""Parameters of a list that are not filters."""


@dataclass(frozen=True)
class Filters:
    """Filters of a list, all of which a record must satisfy."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Accepted values by column, also for `territory`, `source` and `assertion`."""
    text: str = ""
    since: str | None = None
    """First day of the period that the dates of a record must meet."""
    until: str | None = None
    begun: MonthRange | None = None
    """First and last month in which a record may begin."""
    box: BoundingBox | None = None
    """West, south, east and north in degrees."""

    @property
    def has_words(self) -> bool:
        """Tell whether the search text has words."""
        return bool(tokenize_without_stop_words(self.text))

    @property
    def need_search(self) -> bool:
        """Tell whether the filters need a search, rather than only intersections of sets."""
        return self.has_words or bool(self.since or self.until or self.begun or self.box)


def list_filter_columns(kind: Kind) -> tuple[str, ...]:
    """Return the columns that filter and count lists of a kind, in display order."""
    places = ("territory",) if kind.territories or kind.name == "place" else ()
    relations = (relation.name for relation in kind.relations)
    return (*kind.facets, *relations, *places, "source", "assertion")


def find_record_filter(kind: str, key: str) -> tuple[str, str] | None:
    """Return the filter that keeps the records which one has, None where lists have no such."""
    if kind == "topic":
        return "topics", f"topic/{key}"
    return (kind, key) if kind in ("territory", "organisation") else None


def list_parameters(kind: Kind) -> tuple[str, ...]:
    """Return all parameters of lists of a kind."""
    dates = ("from", "to", "begun") if kind.dates else ()
    return ("q", *list_filter_columns(kind), *dates, "bbox", *CONTROL_PARAMETERS)


def parse_filters(kind: Kind, parameters: Mapping[str, Sequence[str]]) -> Filters:
    """Parse the filters of a request. Raises BadRequest for unknown or invalid parameters."""
    for name in parameters:
        if name not in list_parameters(kind):
            raise InvalidParameter(
                f"unknown parameter {name!r}; the list {kind.plural['en']!r} knows "
                f"{', '.join(list_parameters(kind))}",
                f"paramètre inconnu « {name} » ; la liste « {kind.plural['fr']} » connaît "
                f"{', '.join(list_parameters(kind))}",
                ParameterFault.UNKNOWN_NAME,
                (name,),
            )
    values = {
        name: tuple(dict.fromkeys(text for text in parameters[name] if text))
        for name in list_filter_columns(kind)
        if any(parameters.get(name, ()))
    }
    for name, texts in values.items():
        if len(texts) > MAX_FILTER_VALUES:
            raise InvalidParameter(
                f"{name} is given {len(texts)} values; it may have {MAX_FILTER_VALUES}",
                f"{name} a {len(texts)} valeurs ; il peut en avoir {MAX_FILTER_VALUES}",
                ParameterFault.TOO_MANY,
                (name,),
            )
    if "territory" in values:
        values["territory"] = tuple(v.removeprefix("territory/") for v in values["territory"])
    for relation in kind.relations:
        if relation.name in values:
            prefix = f"{relation.kind}/"
            values[relation.name] = tuple(v.removeprefix(prefix) for v in values[relation.name])
    if "topics" in values:
        values["topics"] = tuple(map(normalize_topic, values["topics"]))
    since, until = _parse_day(parameters, "from", 0), _parse_day(parameters, "to", 1)
    if since and until and until < since:
        raise InvalidParameter(
            f"to={until} is before from={since}",
            f"to={until} précède from={since}",
            ParameterFault.REVERSED,
            ("from", "to"),
        )
    return Filters(
        values,
        parse_search_text(_read_single(parameters, "q")),
        since,
        until,
        _parse_begun(_read_single(parameters, "begun")),
        parse_box("bbox", _read_single(parameters, "bbox")),
    )


def parse_kinds(names: Sequence[str]) -> tuple[str, ...]:
    """Parse the kinds that a search is limited to; empty for all. Raises BadRequest."""
    kinds = tuple(name for name in names if name)
    for kind in kinds:
        if kind not in KIND_BY_NAME:
            raise InvalidParameter(
                f"kind={kind!r} is not a kind; the kinds are {', '.join(KIND_BY_NAME)}",
                f"kind={kind!r} n'est pas un type de fiche ; ce sont {', '.join(KIND_BY_NAME)}",
                ParameterFault.NOT_A_CHOICE,
                ("kind",),
                kind,
                tuple(KIND_BY_NAME),
            )
    return kinds


def parse_search_text(text: str) -> str:
    """Normalize a search text. Raises BadRequest where it is too long."""
    text = text.strip()
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidParameter(
            f"q has {len(text)} characters; at most {MAX_TEXT_LENGTH} are looked for",
            f"q a {len(text)} caractères ; on en cherche {MAX_TEXT_LENGTH} au plus",
            ParameterFault.TOO_LONG,
            ("q",),
        )
    return text


def normalize_topic(value: str) -> str:
    """Normalize a topic, given as in its column or as a bare key."""
    return value if "/" in value or value == UNSTATED else f"topic/{value}"


def _read_single(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    values = parameters.get(name, ())
    if len(values) > 1:
        raise InvalidParameter(
            f"the parameter {name!r} is given {len(values)} times",
            f"le paramètre {name!r} est donné {len(values)} fois",
            ParameterFault.REPEATED,
            (name,),
            choices=values,
        )
    return values[0] if values else ""


def _parse_day(parameters: Mapping[str, Sequence[str]], name: str, side: int) -> str | None:
    text = _read_single(parameters, name).strip()
    if not text:
        return None
    interval = parse_typed_date(text)
    if interval is None:
        raise InvalidParameter(
            f"{name}={text!r} is not a date: 2011, 2011-05, 2011-05-03 or 03/05/2011 is expected",
            f"{name}={text!r} n'est pas une date : 2011, 2011-05, 2011-05-03 ou 03/05/2011 "
            "est attendu",
            ParameterFault.NO_DATE,
            (name,),
            text,
        )
    return interval[side][:10]


def _parse_begun(text: str) -> MonthRange | None:
    text = text.strip()
    if not text:
        return None
    first, last, precision = parse_span(text)
    years = all(YEAR.fullmatch(part) for part in text.split("/"))
    if first is None or last is None or not (years or precision in ("month", "decade")):
        raise InvalidParameter(
            f"begun={text!r} is not a month, a year, a decade or a range of years: 2011-05, 2011, "
            "201X or 1990/2011 is expected",
            f"begun={text!r} n'est ni un mois, ni une année, ni une décennie, ni une suite "
            "d'années : 2011-05, 2011, 201X ou 1990/2011 est attendu",
            ParameterFault.NO_PERIOD,
            ("begun",),
            text,
        )
    return first[:MONTH_LENGTH], last[:MONTH_LENGTH]


def parse_box(name: str, text: str) -> BoundingBox | None:
    """Parse a box, None where there is none. Raises BadRequest for what is no box on Earth."""
    text = text.strip()
    if not text:
        return None
    form = f"{name} is west,south,east,north in degrees (2.2,48.8,2.5,48.9)"
    forme = f"{name} est ouest,sud,est,nord en degrés (2.2,48.8,2.5,48.9)"
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) == NUMBERS_WITH_HEIGHTS:  # with heights (RFC 7946, 5)
            del numbers[5], numbers[2]
        west, south, east, north = numbers
    except ValueError as error:
        raise InvalidParameter(
            f"{name}={text!r}: {form}",
            f"{name}={text!r} : {forme}",
            ParameterFault.NO_BOX,
            (name,),
            text,
        ) from error
    # west may be greater than east, across the 180th meridian (RFC 7946, 5.2)
    if not (
        abs(west) <= MAX_LONGITUDE and abs(east) <= MAX_LONGITUDE and -90 <= south <= north <= 90
    ):
        raise InvalidParameter(
            f"{name}={text!r} is not a box on Earth: {form}",
            f"{name}={text!r} n'est pas un rectangle sur Terre : {forme}",
            ParameterFault.NO_BOX,
            (name,),
            text,
        )
    return west, south, east, north


def build_unknown_value_error(
    file: sqlite3.Connection, kind: str, name: str, value: str
) -> InvalidParameter:
    """Return the error for a value that its column cannot have, listing those in use."""
    rows = file.execute(
        "SELECT value FROM posting WHERE kind = ? AND field = ? ORDER BY records DESC LIMIT ?",
        (kind, name, MAX_LISTED_VALUES + 1),
    ).fetchall()
    used = ", ".join(row[0] for row in rows[:MAX_LISTED_VALUES])
    more = "…" if len(rows) > MAX_LISTED_VALUES else ""
    return InvalidParameter(
        f"{name}={value!r} is not known{f'; in use are {used}{more}' if used else ''}",
        f"{name}={value!r} n'est pas connu{f' ; sont employés : {used}{more}' if used else ''}",
        ParameterFault.UNKNOWN_VALUE,
        (name,),
        value,
    )
