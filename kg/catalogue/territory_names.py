"""Names of territories with a qualifier: `Nord (département)`, `Ville de Lille`.

What is added says of which kind the territory is, or in which other one it lies.
"""

import re
from dataclasses import dataclass
from typing import Final

from kg.catalogue.text_analysis import fold

KIND_BY_WORD: Final = {
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
LEADING_KIND_WORDS: Final = ("commune", "ville", "arrondissement", "departement", "region")
"""Those that stand before a name without being of it."""
PARENTHESIZED_QUALIFIER: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<added>[^()]+)\)")
LEADING_QUALIFIER: Final = re.compile(
    rf"(?P<kind>{'|'.join(LEADING_KIND_WORDS)})\s+"
    r"(?:de\s+la\s+|de\s+l['’ ]\s*|des?\s+|du\s+|d['’]\s*)?(?P<name>\S.*)"
)


@dataclass(frozen=True)
class QualifiedName:
    """One way to read a name."""

    name: str
    kind: str = ""
    """The kind of territory that it is said to be, as the code list has it."""
    inside: str = ""
    """The territory in which it is said to lie, as it is written."""


def parse_qualified_name(text: str) -> list[QualifiedName]:
    """The ways to read a name, as it stands first."""
    readings = [QualifiedName(text)]
    name, kind, inside = text, "", ""
    if added := PARENTHESIZED_QUALIFIER.fullmatch(text):
        name = added["name"]
        kind = KIND_BY_WORD.get(fold(added["added"]).replace("’", "'").strip(), "")
        inside = "" if kind else added["added"].strip()
        readings.append(QualifiedName(name, kind, inside))
    if not kind and (headed := LEADING_QUALIFIER.fullmatch(fold(name))):
        readings.append(QualifiedName(headed["name"], KIND_BY_WORD[headed["kind"]], inside))
    return readings


def parse_territory_heading(heading: str) -> str | None:
    """The kind of the territories that a column of another table holds, by its heading.

    Empty where they may be of any kind, None where the heading names no territories.
    """
    words = " ".join(fold(heading).replace("_", " ").split())
    return "" if words in ("territoire", "territory") else KIND_BY_WORD.get(words)
