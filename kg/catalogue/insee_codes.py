"""INSEE codes of communes, past and present, resolved to the territories of today.

A code names the commune that has it, else the delegated or associated commune or the municipal
arrondissement; one that none has any more, what became of the commune that had it. Where that is
several territories, one of which holds the others, it is that one; else nobody knows which.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from kg.catalogue.filters import Filters
from kg.errors import BadRequest

COMMUNE_KINDS: Final = (
    "commune",
    "commune-deleguee",
    "commune-associee",
    "arrondissement-municipal",
)
"""Kinds of territories that have such a code, the first to be meant first."""
COMMUNE_KEY: Final = re.compile(rf"(?:{'|'.join(COMMUNE_KINDS)})-([0-9][0-9AB][0-9]{{3}})")


@dataclass(frozen=True)
class CommuneCodes:
    """What is known of some codes."""

    current: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Code to the keys of the territories that have it, by `KINDS`."""
    former: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Code to (first day on which it did not name that any more, key of what that is today)."""
    commune_of_part: Mapping[str, str] = field(default_factory=dict)
    """Key of a part of a commune to that of the commune."""

    def resolve(self, code: str, on: str = "") -> list[str]:
        """The keys of what a code means, on a day (ISO 8601) where one is given."""
        former = self.former.get(code, ())
        ends = [until for until, _ in former if on and until > on]
        if ends:
            return self._drop_contained(key for until, key in former if until == min(ends))
        today = self.current.get(code, ())
        if f"commune-{code}" in today:
            return [f"commune-{code}"]
        return self._drop_contained([*today, *(key for _, key in former)])

    def meant_during(self, code: str, first: str, last: str) -> list[str]:
        """The keys of what a code means on some day of a time, from its first to its last."""
        ends = {until for until, _ in self.former.get(code, ()) if first < until <= last}
        resolved = (self.resolve(code, day) for day in (first, *sorted(ends)))
        return self._drop_contained(key for keys in resolved for key in keys)

    def _drop_contained(self, keys: Iterable[str]) -> list[str]:
        """The territories that no other one of them holds."""
        territories = dict.fromkeys(keys)
        return [key for key in territories if self.commune_of_part.get(key) not in territories]


def parse_insee_code(key: str) -> str:
    """The INSEE code in the key of a territory of `KINDS`; empty where it is none."""
    match = COMMUNE_KEY.fullmatch(key)
    return match[1] if match else ""


def read_codes(file: sqlite3.Connection, codes: Sequence[str]) -> CommuneCodes:
    """What a catalogue knows of some codes."""
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
    """The keys of what the key of a commune means today, which it may have had long ago.

    Several where it has been shared out; none for a key that was never one.
    """
    code = parse_insee_code(key)
    return read_codes(file, [code]).resolve(code) if code else []


def resolve_territory(file: sqlite3.Connection, key: str) -> Sequence[str]:
    """A key that a catalogue has, else what it means today, else the key as it is.

    Raises BadRequest where it means several.
    """
    exists_query = "SELECT 1 FROM entity WHERE kind = 'territory' AND key = ?"
    if file.execute(exists_query, (key,)).fetchone() is not None:
        return (key,)
    meant = resolve_commune(file, key)
    if len(meant) < 2:
        return meant or (key,)
    choices = ", ".join(meant)
    raise BadRequest(
        f"territory={key!r} has been shared out: choose among {choices}",
        f"territory={key!r} a été partagé : choisissez parmi {choices}",
    )


def resolve_filters(file: sqlite3.Connection, filters: Filters) -> Filters:
    """Filters whose territories are those of today. Raises BadRequest where several are meant."""
    territories = filters.values.get("territory", ())
    keys = tuple(key for value in territories for key in resolve_territory(file, value))
    return (
        replace(filters, values={**filters.values, "territory": keys}) if territories else filters
    )


def _to_json(values: Iterable[str]) -> str:
    return orjson.dumps(list(dict.fromkeys(values))).decode()
