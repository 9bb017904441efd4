"""INSEE codes of communes, past and present, resolved to the territories of today.

A code denotes the commune that has it now, else the delegated or associated commune or the
municipal arrondissement. A former code denotes the successor of its commune. Among several
successors it is the one that contains the others, else the code is ambiguous.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from kg.catalogue.filters import Filters
from kg.errors import InvalidParameter, ParameterFault

COMMUNE_KINDS: Final = (
    "commune",
    "commune-deleguee",
    "commune-associee",
    "arrondissement-municipal",
)
"""Kinds of territories with INSEE codes of communes, in order of precedence."""
COMMUNE_KEY: Final = re.compile(rf"(?:{'|'.join(COMMUNE_KINDS)})-([0-9][0-9AB][0-9]{{3}})")


@dataclass(frozen=True)
class CommuneCodes:
    """Current and former meanings of some codes."""

    current: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Code to the keys of the territories that have it, in the order of `COMMUNE_KINDS`."""
    former: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Former code to (first day after its validity, key of the current territory)."""
    commune_of_part: Mapping[str, str] = field(default_factory=dict)
    """Key of a part of a commune to the key of the commune."""

    def resolve(self, code: str, on: str = "") -> list[str]:
        """Return the keys of the territories that a code denotes, on a day (ISO 8601) or today."""
        former = self.former.get(code, ())
        ends = [until for until, _ in former if on and until > on]
        if ends:
            return self._drop_contained(key for until, key in former if until == min(ends))
        today = self.current.get(code, ())
        if f"commune-{code}" in today:
            return [f"commune-{code}"]
        return self._drop_contained([*today, *(key for _, key in former)])

    def resolve_during(self, code: str, first: str, last: str) -> list[str]:
        """Return the keys that a code denotes on any day from the first to the last."""
        ends = {until for until, _ in self.former.get(code, ()) if first < until <= last}
        resolved = (self.resolve(code, day) for day in (first, *sorted(ends)))
        return self._drop_contained(key for keys in resolved for key in keys)

    def _drop_contained(self, keys: Iterable[str]) -> list[str]:
        """Return the territories that no other one contains."""
        territories = dict.fromkeys(keys)
        return [key for key in territories if self.commune_of_part.get(key) not in territories]


def parse_insee_code(key: str) -> str:
    """Return the INSEE code in a key of one of `COMMUNE_KINDS`; empty for other keys."""
    match = COMMUNE_KEY.fullmatch(key)
    return match[1] if match else ""


def read_codes(file: sqlite3.Connection, codes: Sequence[str]) -> CommuneCodes:
    """Read the meanings of some codes from a catalogue."""
    rows = file.execute(
        "SELECT code, until, key FROM former WHERE code IN (SELECT value FROM json_each(?)) "
        "ORDER BY until, key",
        (_to_json(codes),),
    ).fetchall()
    former: dict[str, list[tuple[str, str]]] = {}
    for code, until, key in rows:
        former.setdefault(code, []).append((until, key))
    keys = [f"{kind}-{code}" for code in codes for kind in COMMUNE_KINDS]
    keys += [key for _, _, key in rows]
    within = {
        key: [
            reference.removeprefix("territory/") for reference in orjson.loads(references or "[]")
        ]
        for key, references in file.execute(
            "SELECT key, cells -> 'within' FROM entity WHERE kind = 'territory' "
            "AND key IN (SELECT value FROM json_each(?))",
            (_to_json(keys),),
        )
    }
    today = {
        code: [key for kind in COMMUNE_KINDS if (key := f"{kind}-{code}") in within]
        for code in codes
    }
    wholes = {
        key: parent
        for key, parents in within.items()
        for parent in parents
        if parent.startswith("commune-")
    }
    return CommuneCodes(today, former, wholes)


def resolve_commune(file: sqlite3.Connection, key: str) -> Sequence[str]:
    """Return the current keys for the key, perhaps former, of a commune.

    Several where the commune was split; none where the key was never in use.
    """
    code = parse_insee_code(key)
    return read_codes(file, [code]).resolve(code) if code else []


def resolve_territory(file: sqlite3.Connection, key: str) -> Sequence[str]:
    """Return a known key unchanged, the current key for a former one, else the key.

    Raises BadRequest where it is ambiguous.
    """
    exists_query = "SELECT 1 FROM entity WHERE kind = 'territory' AND key = ?"
    if file.execute(exists_query, (key,)).fetchone() is not None:
        return (key,)
    meant = resolve_commune(file, key)
    if len(meant) < 2:
        return meant or (key,)
    choices = ", ".join(meant)
    raise InvalidParameter(
        f"territory={key!r} has been shared out: choose among {choices}",
        f"territory={key!r} a été partagé : choisissez parmi {choices}",
        ParameterFault.SPLIT,
        ("territory",),
        key,
        meant,
    )


def resolve_filters(file: sqlite3.Connection, filters: Filters) -> Filters:
    """Replace former territories in filters. Raises BadRequest where one is ambiguous."""
    territories = filters.values.get("territory", ())
    keys = tuple(key for value in territories for key in resolve_territory(file, value))
    return (
        replace(filters, values={**filters.values, "territory": keys}) if territories else filters
    )


def _to_json(values: Iterable[str]) -> str:
    return orjson.dumps(list(dict.fromkeys(values))).decode()
