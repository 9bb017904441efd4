"""Names of territories with what people add to them: `Nord (département)`, `Ville de Lille`.

What is added says of which kind the territory is, or in which other one it lies.
"""

import re
from dataclasses import dataclass
from typing import Final

from kg.catalogue.words import fold

WORDS: Final = {
    "arrondissement": "arrondissement",
    "ca": "communaute-agglomeration",
    "cc": "communaute-communes",
    "commune": "commune",
    "communaute d'agglomeration": "communaute-agglomeration",
    "communaute de communes": "communaute-communes",
    "communaute urbaine": "communaute-urbaine",
    "cu": "communaute-urbaine",
    "departement": "departement",
    "epci": "epci",
    "metropole": "metropole",
    "pays": "country",
    "region": "region",
    "ville": "commune",
}
"""What people call kinds of territories, folded."""
BEFORE: Final = ("commune", "ville", "arrondissement", "departement", "region")
"""Those that stand before a name without being of it."""
ADDED: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<added>[^()]+)\)")
HEADED: Final = re.compile(
    rf"(?P<kind>{'|'.join(BEFORE)})\s+"
    r"(?:de\s+la\s+|de\s+l['’ ]\s*|des?\s+|du\s+|d['’]\s*)?(?P<name>\S.*)"
)


@dataclass(frozen=True)
class Reading:
    """One way to read a name."""

    name: str
    kind: str = ""
    """The kind of territory that it is said to be, as the code list has it."""
    inside: str = ""
    """The territory in which it is said to lie, as it is written."""


def readings(text: str) -> list[Reading]:
    """The ways to read a name, as it stands first."""
    found = [Reading(text)]
    name, kind, inside = text, "", ""
    if added := ADDED.fullmatch(text):
        name = added["name"]
        kind = WORDS.get(fold(added["added"]).replace("’", "'").strip(), "")
        inside = "" if kind else added["added"].strip()
        found.append(Reading(name, kind, inside))
    if not kind and (headed := HEADED.fullmatch(fold(name))):
        found.append(Reading(headed["name"], WORDS[headed["kind"]], inside))
    return found


def said_inside(heading: str) -> str | None:
    """The kind of the territories that a column of another table holds, by its heading.

    Empty where they may be of any kind, None where the heading names no territories.
    """
    words = " ".join(fold(heading).replace("_", " ").split())
    return "" if words in ("territoire", "territory") else WORDS.get(words)
