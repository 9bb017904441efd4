"""Names of territories with a qualifier: `Nord (département)`, `Ville de Lille`.

The qualifier is the kind of the territory, or a territory that contains it.
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
"""Kinds of territories by their folded common names."""
LEADING_KIND_WORDS: Final = ("commune", "ville", "arrondissement", "departement", "region")
"""Qualifiers before a name that are not part of it."""
PARENTHESIZED_QUALIFIER: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<added>[^()]+)\)")
LEADING_QUALIFIER: Final = re.compile(
    rf"(?P<kind>{'|'.join(LEADING_KIND_WORDS)})\s+"
    r"(?:de\s+la\s+|de\s+l['’ ]\s*|des?\s+|du\s+|d['’]\s*)?(?P<name>\S.*)"
)


@dataclass(frozen=True)
class QualifiedName:
    """Reading of a name as a name and a qualifier."""

    name: str
    kind: str = ""
    """Kind of territory in the qualifier, as in the code list."""
    inside: str = ""
    """Containing territory in the qualifier, as written."""


def parse_qualified_name(text: str) -> list[QualifiedName]:
    """Return the readings of a name, the unqualified one first."""
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
    """Return the kind of territories in a column, by its heading.

    Empty where they may be of any kind, None where the heading does not denote territories.
    """
    words = " ".join(fold(heading).replace("_", " ").split())
    return "" if words in ("territoire", "territory") else KIND_BY_WORD.get(words)
