"""INSEE codes of communes: one code is one territory whatever its kind, old ones became others.

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

KINDS: Final = ("commune", "commune-deleguee", "commune-associee", "arrondissement-municipal")
"""Kinds of territories that have such a code, the first to be meant first."""
KEY: Final = re.compile(rf"(?:{'|'.join(KINDS)})-([0-9][0-9AB][0-9]{{3}})")


@dataclass(frozen=True)
class Codes:
    """What is known of some codes."""

    today: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Code to the keys of the territories that have it, by `KINDS`."""
    former: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Code to (first day on which it did not name that any more, key of what that is today)."""
    wholes: Mapping[str, str] = field(default_factory=dict)
    """Key of a part of a commune to that of the commune."""

    def meant(self, code: str, on: str = "") -> list[str]:
        """The keys of what a code means, on a day (ISO 8601) where one is given."""
        former = self.former.get(code, ())
        ends = [until for until, _ in former if on and until > on]
        if ends:
            return self._widest(key for until, key in former if until == min(ends))
        today = self.today.get(code, ())
        if f"commune-{code}" in today:
            return [f"commune-{code}"]
        return self._widest([*today, *(key for _, key in former)])

    def meant_during(self, code: str, first: str, last: str) -> list[str]:
        """The keys of what a code means on some day of a time, from its first to its last."""
        ends = {until for until, _ in self.former.get(code, ()) if first < until <= last}
        found = (self.meant(code, day) for day in (first, *sorted(ends)))
        return self._widest(key for keys in found for key in keys)

    def _widest(self, keys: Iterable[str]) -> list[str]:
        """The territories that no other one of them holds."""
        found = dict.fromkeys(keys)
        return [key for key in found if self.wholes.get(key) not in found]


def code_of(key: str) -> str:
    """The INSEE code in the key of a territory of `KINDS`; empty where it is none."""
    found = KEY.fullmatch(key)
    return found[1] if found else ""


def read(file: sqlite3.Connection, codes: Sequence[str]) -> Codes:
    """What a catalogue knows of some codes."""
    rows = file.execute(
        "SELECT code, until, key FROM former WHERE code IN (SELECT value FROM json_each(?)) "
        "ORDER BY until, key",
        (_listed(codes),),
    ).fetchall()
    former: dict[str, list[tuple[str, str]]] = {}
    for code, until, key in rows:
        former.setdefault(code, []).append((until, key))
    keys = [f"{kind}-{code}" for code in codes for kind in KINDS]
    keys += [key for _, _, key in rows]
    within = {
        key: [reference.removeprefix("territory/") for reference in orjson.loads(told or "[]")]
        for key, told in file.execute(
            "SELECT key, cells -> 'within' FROM entity WHERE kind = 'territory' "
            "AND key IN (SELECT value FROM json_each(?))",
            (_listed(keys),),
        )
    }
    today = {code: [key for kind in KINDS if (key := f"{kind}-{code}") in within] for code in codes}
    wholes = {
        key: parent
        for key, parents in within.items()
        for parent in parents
        if parent.startswith("commune-")
    }
    return Codes(today, former, wholes)


def today(file: sqlite3.Connection, key: str) -> Sequence[str]:
    """The keys of what the key of a commune means today, which it may have had long ago.

    Several where it has been shared out; none for a key that was never one.
    """
    code = code_of(key)
    return read(file, [code]).meant(code) if code else []


def of_today(file: sqlite3.Connection, key: str) -> Sequence[str]:
    """A key that a catalogue has, else what it means today, else the key as it is.

    Raises BadRequest where it means several.
    """
    known = "SELECT 1 FROM entity WHERE kind = 'territory' AND key = ?"
    if file.execute(known, (key,)).fetchone() is not None:
        return (key,)
    meant = today(file, key)
    if len(meant) < 2:
        return meant or (key,)
    told = ", ".join(meant)
    raise BadRequest(
        f"territory={key!r} has been shared out: choose among {told}",
        f"territory={key!r} a été partagé : choisissez parmi {told}",
    )


def filters_of_today(file: sqlite3.Connection, filters: Filters) -> Filters:
    """Filters whose territories are those of today. Raises BadRequest where several are meant."""
    asked = filters.values.get("territory", ())
    keys = tuple(key for value in asked for key in of_today(file, value))
    return replace(filters, values={**filters.values, "territory": keys}) if asked else filters


def _listed(values: Iterable[str]) -> str:
    return orjson.dumps(list(dict.fromkeys(values))).decode()
