"""The filters of a list: how they are written in an address and what each of them accepts."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kg.catalogue.dates import entered
from kg.catalogue.words import telling
from kg.errors import BadRequest
from kg.kinds import Kind

Box = tuple[float, float, float, float]
"""West, south, east, north; across the 180th meridian where west is greater than east."""
WITH_HEIGHTS: Final = 6
"""Numbers of a box that has heights too."""
HALF: Final = 180.0

MOST_VALUES: Final = 100
"""Values of one filter."""
LONGEST: Final = 200
"""Characters of a text that is looked for."""
ALLOWED_SHOWN: Final = 20
CONTROLS: Final = ("sort", "after", "limit", "lang", "format", "release")
"""Parameters of a list that filter nothing."""


@dataclass(frozen=True)
class Filters:
    """What is asked of the records of a list; every part narrows it."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column to accepted values (any of them); also `territory`, `source` and `assertion`."""
    text: str = ""
    since: str | None = None
    """First day of the period a record's dates must meet."""
    until: str | None = None
    box: Box | None = None
    """West, south, east, north in degrees."""

    @property
    def has_words(self) -> bool:
        """Whether the text holds anything that can be looked for."""
        return bool(telling(self.text))

    @property
    def take_a_while(self) -> bool:
        """Whether what they keep has to be looked for, and is not only put together."""
        return self.has_words or bool(self.since or self.until or self.box)


def filterable(kind: Kind) -> tuple[str, ...]:
    """The columns a list of this kind is filtered by and counted in, in order of display."""
    places = ("territory",) if kind.territories or kind.name == "place" else ()
    return (*kind.facets, *places, "source", "assertion")


def accepted(kind: Kind) -> tuple[str, ...]:
    """Every parameter a list of this kind knows."""
    dates = ("from", "to") if kind.dates else ()
    return ("q", *filterable(kind), *dates, "bbox", *CONTROLS)


def parse(kind: Kind, parameters: Mapping[str, Sequence[str]]) -> Filters:
    """The filters of an address. Raises BadRequest for a parameter that cannot be used."""
    for name in parameters:
        if name not in accepted(kind):
            raise BadRequest(
                f"unknown parameter {name!r}; a list of {kind.name} knows "
                f"{', '.join(accepted(kind))}",
                f"paramètre inconnu {name!r} ; une liste de {kind.name} connaît "
                f"{', '.join(accepted(kind))}",
            )
    values = {
        name: tuple(dict.fromkeys(text for text in parameters[name] if text))
        for name in filterable(kind)
        if any(parameters.get(name, ()))
    }
    for name, given in values.items():
        if len(given) > MOST_VALUES:
            raise BadRequest(
                f"{name} is given {len(given)} values; it may have {MOST_VALUES}",
                f"{name} a {len(given)} valeurs ; il peut en avoir {MOST_VALUES}",
            )
    if "territory" in values:
        values["territory"] = tuple(v.removeprefix("territory/") for v in values["territory"])
    if "topics" in values:
        values["topics"] = tuple(map(topic, values["topics"]))
    since, until = _day(parameters, "from", 0), _day(parameters, "to", 1)
    if since and until and until < since:
        raise BadRequest(f"to={until} is before from={since}", f"to={until} précède from={since}")
    return Filters(values, words_of(_one(parameters, "q")), since, until, _box(parameters))


def words_of(text: str) -> str:
    """The words that are looked for. Raises BadRequest where there are too many of them."""
    text = text.strip()
    if len(text) > LONGEST:
        raise BadRequest(
            f"q has {len(text)} characters; at most {LONGEST} are looked for",
            f"q a {len(text)} caractères ; on en cherche {LONGEST} au plus",
        )
    return text


def topic(value: str) -> str:
    """A topic as its column writes it, from that or from its bare key."""
    return value if "/" in value else f"topic/{value}"


def _one(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    given = parameters.get(name, ())
    if len(given) > 1:
        raise BadRequest(
            f"the parameter {name!r} is given {len(given)} times",
            f"le paramètre {name!r} est donné {len(given)} fois",
        )
    return given[0] if given else ""


def _day(parameters: Mapping[str, Sequence[str]], name: str, side: int) -> str | None:
    text = _one(parameters, name).strip()
    if not text:
        return None
    found = entered(text)
    if found is None:
        raise BadRequest(
            f"{name}={text!r} is not a date: 2011, 2011-05, 2011-05-03 or 03/05/2011 is expected",
            f"{name}={text!r} n'est pas une date : 2011, 2011-05, 2011-05-03 ou 03/05/2011 "
            "est attendu",
        )
    return found[side][:10]


def _box(parameters: Mapping[str, Sequence[str]]) -> Box | None:
    text = _one(parameters, "bbox").strip()
    if not text:
        return None
    form = "bbox is west,south,east,north in degrees (2.2,48.8,2.5,48.9)"
    forme = "bbox est ouest,sud,est,nord en degrés (2.2,48.8,2.5,48.9)"
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) == WITH_HEIGHTS:  # RFC 7946, 5: heights, which records do not have
            del numbers[5], numbers[2]
        west, south, east, north = numbers
    except ValueError as error:
        raise BadRequest(f"bbox={text!r}: {form}", f"bbox={text!r} : {forme}") from error
    # a west greater than the east is a box across the 180th meridian (RFC 7946, 5.2)
    if not (abs(west) <= HALF and abs(east) <= HALF and -90 <= south <= north <= 90):
        raise BadRequest(
            f"bbox={text!r} is not a box on Earth: {form}",
            f"bbox={text!r} n'est pas un rectangle sur Terre : {forme}",
        )
    return west, south, east, north


def unknown_value(file: sqlite3.Connection, kind: str, name: str, value: str) -> BadRequest:
    """The complaint about a value that means nothing in its column, with those that are in use."""
    rows = file.execute(
        "SELECT value FROM posting WHERE kind = ? AND field = ? ORDER BY records DESC LIMIT ?",
        (kind, name, ALLOWED_SHOWN + 1),
    ).fetchall()
    used = ", ".join(row[0] for row in rows[:ALLOWED_SHOWN])
    more = "…" if len(rows) > ALLOWED_SHOWN else ""
    return BadRequest(
        f"{name}={value!r} is not known; in use are {used or 'no values'}{more}",
        f"{name}={value!r} n'est pas connu ; sont employés : {used or 'aucune valeur'}{more}",
    )
