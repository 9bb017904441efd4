"""Register columns (SIREN, INSEE codes…) whose values are keys of records.

A number of the form of its register becomes a key; any other stays as it is, and the shapes reject
it. Nothing is converted, and the report lists every column that was read in this way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.dry_run.column_matching import fold_heading
from kg.kinds import Text


@dataclass(frozen=True)
class RegisterColumn:
    """One column of a register and the canonical column it gives."""

    table: str
    column: str
    """The canonical column it gives."""
    register: Text
    pattern: str
    """The form of a number (RE2, whole cell); its first group fills the template."""
    template: str
    headings: tuple[str, ...]
    """Headings that registers give it, folded."""
    scheme: str = ""
    """The identifier scheme of the number, where it identifies the record itself."""
    constants: tuple[tuple[str, str], ...] = ()
    """Values that the heading implies for every row, by canonical column."""
    copied_to: str = ""
    """The canonical column that takes the number itself."""
    codes: tuple[tuple[str, str], ...] = ()
    """For a column of codes instead of numbers: each code of the register with the canonical
    one."""

    def find_heading(self, headings: Sequence[str]) -> str:
        """The heading of a file that gives it; empty where none does."""
        return next((h for h in headings if fold_heading(h) in self.headings), "")


SIREN: Final = Text("le numéro SIREN", "the SIREN number")
SIRET: Final = Text("le numéro SIRET", "the SIRET number")
RNA: Final = Text("le numéro RNA", "the RNA number")
ROR: Final = Text("l'identifiant ROR", "the ROR identifier")
COG: Final = Text("le code INSEE", "the INSEE code")
ISO: Final = Text("le code ISO 3166", "the ISO 3166 code")
COMMUNE_PATTERN: Final = r"((?:0[1-9]|[1345678][0-9]|2[1-9AB]|9[0-578])[0-9]{3})"
INSEE_HEADINGS: Final = (
    "codeinsee", "insee", "inseecom", "codecommune", "codecommuneetablissement", "codegeo",
    "codeinseecommune", "idgeo", "locationinsee", "adrscodeinsee", "com", "codecommuneinsee",
)  # fmt: skip
SIREN_HEADINGS: Final = (
    "siren",
    "numerosiren",
    "nsiren",
    "nosiren",
    "sirenunitelegale",
    "codesiren",
)
SIRET_HEADINGS: Final = ("siret", "numerosiret", "nsiret", "siretsiege")
ROR_HEADINGS: Final = ("id", "ror", "rorid")
RNA_HEADINGS: Final = ("rna", "numerorna", "idassociation", "identifiantassociationunitelegale")

TYPECOM_CODES: Final = (
    ("COM", "commune"),
    ("COMD", "commune-deleguee"),
    ("COMA", "commune-associee"),
    ("ARM", "arrondissement-municipal"),
)
"""https://www.insee.fr/fr/information/2560452"""
TABLES_WITH_TERRITORY: Final = ("clusters", "events", "organisations", "places", "projects")


def _make_territory_column(
    kind: str, register: Text, pattern: str, *headings: str
) -> RegisterColumn:
    return RegisterColumn(
        "territories",
        "id",
        register,
        pattern,
        kind + "-{}",
        headings,
        constants=(("kind", kind),),
        copied_to="code",
    )


REGISTER_COLUMNS: Final = (
    RegisterColumn("organisations", "id", SIREN, "([0-9]{9})", "siren-{}", SIREN_HEADINGS, "siren"),
    RegisterColumn(
        "organisations", "id", SIRET, "([0-9]{9})[0-9]{5}", "siren-{}", SIRET_HEADINGS, "siret"
    ),
    RegisterColumn(
        "places", "id", SIRET, "([0-9]{14})", "siret-{}", (*SIRET_HEADINGS, "pivot"), "siret"
    ),
    RegisterColumn("organisations", "id", RNA, "(W[0-9A-Z]{9})", "rna-{}", RNA_HEADINGS, "rna"),
    RegisterColumn("organisations", "id", ROR, r"https://ror\.org/(.+)", "ror-{}", ROR_HEADINGS),
    *(
        RegisterColumn(
            table, "territory", COG, COMMUNE_PATTERN, "territory/commune-{}", INSEE_HEADINGS
        )
        for table in TABLES_WITH_TERRITORY
    ),
    RegisterColumn(
        "territories", "seat", COG, COMMUNE_PATTERN, "territory/commune-{}", ("cheflieu",)
    ),
    RegisterColumn("territories", "kind", COG, "", "", ("typecom",), codes=TYPECOM_CODES),
    _make_territory_column(
        "commune", COG, COMMUNE_PATTERN, *(name for name in INSEE_HEADINGS if name != "idgeo")
    ),
    _make_territory_column("arrondissement", COG, "([0-9AB]{3,4})", "arr", "inseearr"),
    _make_territory_column(
        "departement", COG, "([0-9AB]{2,3})", "dep", "inseedep", "codedepartement"
    ),
    _make_territory_column("region", COG, "([0-9]{2})", "reg", "inseereg", "coderegion"),
    _make_territory_column("epci", SIREN, "([0-9]{9})", "sirenepci"),
    _make_territory_column("country", ISO, "([A-Z]{2})", "alpha2", "iso"),
)
"""In the order in which they are tried: the finest territory first."""
