"""Column evidence: how well a heading and its values fit a column of a table, and why."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kg.csvw_tables import Column
from kg.kinds import Text
from kg.proposals.file_features import TableFeatures
from kg.proposals.known_headings import KNOWN_HEADINGS
from kg.sources.header_row import fold_heading

MIN_SIMILARITY: Final = 0.84
EXPECTED_PATTERNS: Final[Mapping[str, str]] = {
    "homepage": "url",
    "url": "url",
    "latitude": "latitude",
    "longitude": "longitude",
    "post_code": "post-code",
    "founded_on": "date",
    "dissolved_on": "date",
    "start": "date",
    "end": "date",
    "issued": "date",
    "activity": "naf",
    "legal_form": "legal-form",
}
"""What the values of a column look like."""
PATTERN_NAMES: Final[Mapping[str, Text]] = {
    "url": Text("des adresses web", "addresses of the web"),
    "latitude": Text("des latitudes", "latitudes"),
    "longitude": Text("des longitudes", "longitudes"),
    "coordinates": Text("des paires de coordonnées", "pairs of coordinates"),
    "post-code": Text("des codes postaux", "post codes"),
    "date": Text("des dates", "dates"),
    "naf": Text("des codes NAF", "NAF codes"),
    "legal-form": Text("des codes de catégorie juridique", "codes of legal categories"),
    "siren": Text("des numéros SIREN (clé de contrôle)", "SIREN numbers (check digit)"),
    "siret": Text("des numéros SIRET (clé de contrôle)", "SIRET numbers (check digit)"),
    "rna": Text("des numéros RNA", "RNA numbers"),
    "ror": Text("des identifiants ROR", "ROR identifiers"),
    "insee": Text("des codes INSEE de communes", "INSEE codes of communes"),
    "wikidata": Text("des identifiants Wikidata", "Wikidata identifiers"),
    "orcid": Text("des identifiants ORCID", "ORCID identifiers"),
    "doi": Text("des DOI", "DOIs"),
    "email": Text("des courriels", "e-mail addresses"),
}
LEFT_OUT: Final = frozenset(
    {"id", "assertion", "read_at", "reference", "territory", "within", "note_fr", "note_en"}
)
"""Columns that are proposed otherwise, or not out of a file."""
JSON_OBJECTS: Final = ('{"', '[{"')
SAME_NAME: Final = Text("même nom que la colonne", "called as the column is")
TITLE: Final = Text("titre de la colonne dans le modèle", "a title of the column in the model")
KNOWN: Final = Text("nom connu des registres", "a name that registers use")
MEMBER: Final = Text("nom du membre « {} »", "the name of the member “{}”")
SIMILAR: Final = Text("ressemble à « {} »", "similar to “{}”")
WORD: Final = Text("contient « {} »", "contains “{}”")
FITS: Final = Text("{} % sont {}", "{} % are {}")
FITS_NOT: Final = Text("{} % seulement sont {}", "only {} % are {}")


@dataclass(frozen=True)
class Evidence:
    """How well a heading fits a column, from 0 to 1, and why."""

    column: str
    heading: str
    score: float
    reasons: tuple[Text, ...]


def weigh(column: Column, heading: str, features: TableFeatures) -> Evidence | None:
    """The evidence for a heading in a column; None where there is none."""
    if column.name in LEFT_OUT or column.is_reference:
        return None
    score, reason = _weigh_heading(column, heading)
    if not score or not features.values.get(heading) or _holds_objects(features.values[heading]):
        return None
    pattern = EXPECTED_PATTERNS.get(column.name)
    reasons = [reason]
    if pattern:
        share = features.shares[heading].get(pattern, 0)
        percent = f"{100 * share:.0f}"
        name = PATTERN_NAMES[pattern]
        if share >= 0.5:
            score = min(1.0, score + 0.05)
            reasons.append(Text(FITS.fr.format(percent, name.fr), FITS.en.format(percent, name.en)))
        elif not column.scheme:  # codes may come as labels, which are looked up
            score *= 0.3 + share
            reasons.append(
                Text(FITS_NOT.fr.format(percent, name.fr), FITS_NOT.en.format(percent, name.en))
            )
    return Evidence(column.name, heading, score, tuple(reasons))


def _holds_objects(values: Sequence[str]) -> bool:
    """Whether the values of a column are objects of JSON, or lists of them."""
    return sum(value.startswith(JSON_OBJECTS) for value in values) > 0.5 * len(values)


def describe_pattern(pattern: str, share: float) -> Text:
    """What is said of the values of a column that look so."""
    name, percent = PATTERN_NAMES[pattern], f"{100 * share:.0f}"
    return Text(FITS.fr.format(percent, name.fr), FITS.en.format(percent, name.en))


@lru_cache(maxsize=20_000)
def _weigh_heading(column: Column, heading: str) -> tuple[float, Text]:
    folded = fold_heading(heading)
    titles = {fold_heading(title): title for title in column.titles}
    known = KNOWN_HEADINGS.get(column.name, ())
    if folded == fold_heading(column.name):
        return 1.0, SAME_NAME
    if folded in titles:
        return 0.95, TITLE
    if folded in known:
        return 0.9, KNOWN
    if "." in heading:
        last = heading.rpartition(".")[2]
        inner = fold_heading(last)
        if inner == fold_heading(column.name) or inner in titles or inner in known:
            return 0.75, _fill(MEMBER, last)
    names = [name for name in (*titles, *known) if name]
    if close := difflib.get_close_matches(folded, names, 1, MIN_SIMILARITY):
        return 0.65, _fill(SIMILAR, titles.get(close[0], close[0]))
    words = [fold_heading(word) for word in re.split(r"[\W_]+", heading)]
    if len(words) > 1:
        for name in names:
            if len(name) > 3 and words[0] == name:
                return 0.6, _fill(WORD, titles.get(name, name))
    return 0.0, SAME_NAME


def _fill(text: Text, name: str) -> Text:
    return Text(text.fr.format(name), text.en.format(name))
