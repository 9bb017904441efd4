"""What the columns of registers say without loss: their numbers are keys of ours.

A number that has the form its register gives it becomes a key; any other is left as it is, for the
shapes to refuse it. Nothing is converted, and every reading is told in the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.checking.headings import fold
from kg.kinds import Text


@dataclass(frozen=True)
class Reading:
    """One column of a register and the canonical column it gives."""

    table: str
    column: str
    """The canonical column it gives."""
    register: Text
    pattern: str
    """The form of a number (RE2, whole cell); its first group fills the template."""
    template: str
    headings: tuple[str, ...]
    """How registers call it, folded."""
    scheme: str = ""
    """The identifier scheme of the number, where it identifies the record itself."""
    constants: tuple[tuple[str, str], ...] = ()
    """What the heading says of every row, by canonical column."""
    copies: str = ""
    """The canonical column that takes the number itself."""
    codes: tuple[tuple[str, str], ...] = ()
    """For a column of codes and not of numbers: each code of the register with ours."""

    def heading(self, headings: Sequence[str]) -> str:
        """The heading of a file that gives it; empty where none does."""
        return next((h for h in headings if fold(h) in self.headings), "")


SIREN: Final = Text("le numéro SIREN", "the SIREN number")
SIRET: Final = Text("le numéro SIRET", "the SIRET number")
RNA: Final = Text("le numéro RNA", "the RNA number")
ROR: Final = Text("l'identifiant ROR", "the ROR identifier")
COG: Final = Text("le code INSEE", "the INSEE code")
ISO: Final = Text("le code ISO 3166", "the ISO 3166 code")
COMMUNE: Final = r"((?:0[1-9]|[1345678][0-9]|2[1-9AB]|9[0-578])[0-9]{3})"
INSEE: Final = (
    "codeinsee", "insee", "inseecom", "codecommune", "codecommuneetablissement", "codegeo",
    "codeinseecommune", "idgeo", "locationinsee", "adrscodeinsee", "com", "codecommuneinsee",
)  # fmt: skip
SIRENS: Final = ("siren", "numerosiren", "nsiren", "nosiren", "sirenunitelegale", "codesiren")
SIRETS: Final = ("siret", "numerosiret", "nsiret", "siretsiege")
RORS: Final = ("id", "ror", "rorid")
RNAS: Final = ("rna", "numerorna", "idassociation", "identifiantassociationunitelegale")

TYPECOM: Final = (
    ("COM", "commune"),
    ("COMD", "commune-deleguee"),
    ("COMA", "commune-associee"),
    ("ARM", "arrondissement-municipal"),
)
"""https://www.insee.fr/fr/information/2560452"""
PLACED: Final = ("clusters", "events", "organisations", "places", "projects")


def _territory(kind: str, register: Text, pattern: str, *headings: str) -> Reading:
    return Reading(
        "territories",
        "id",
        register,
        pattern,
        kind + "-{}",
        headings,
        constants=(("kind", kind),),
        copies="code",
    )


READINGS: Final = (
    Reading("organisations", "id", SIREN, "([0-9]{9})", "siren-{}", SIRENS, "siren"),
    Reading("organisations", "id", SIRET, "([0-9]{9})[0-9]{5}", "siren-{}", SIRETS, "siret"),
    Reading("places", "id", SIRET, "([0-9]{14})", "siret-{}", (*SIRETS, "pivot"), "siret"),
    Reading("organisations", "id", RNA, "(W[0-9A-Z]{9})", "rna-{}", RNAS, "rna"),
    Reading("organisations", "id", ROR, r"https://ror\.org/(.+)", "ror-{}", RORS),
    *(Reading(table, "territory", COG, COMMUNE, "territory/commune-{}", INSEE) for table in PLACED),
    Reading("territories", "seat", COG, COMMUNE, "territory/commune-{}", ("cheflieu",)),
    Reading("territories", "kind", COG, "", "", ("typecom",), codes=TYPECOM),
    _territory("commune", COG, COMMUNE, *(name for name in INSEE if name != "idgeo")),
    _territory("arrondissement", COG, "([0-9AB]{3,4})", "arr", "inseearr"),
    _territory("departement", COG, "([0-9AB]{2,3})", "dep", "inseedep", "codedepartement"),
    _territory("region", COG, "([0-9]{2})", "reg", "inseereg", "coderegion"),
    _territory("epci", SIREN, "([0-9]{9})", "sirenepci"),
    _territory("country", ISO, "([A-Z]{2})", "alpha2", "iso"),
)
"""In the order in which they are tried: the finest territory first."""
