"""The codes a made-up record may carry: communes and lists, read from the project's own files."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
COMMUNES: Final = ROOT / "data" / "sources" / "territoires" / "raw" / "communes.json.gz"
ACTIVITIES: Final = ROOT / "ontology" / "schemes" / "nafr2.ttl"
PEOPLE_PER_TURN: Final = 2_000


@dataclass(frozen=True)
class Commune:
    """A commune with a postal code and a point that is in France, if not in the commune."""

    code: str
    name: str
    post_code: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class LegalForm:
    """A legal form with what goes with it, and how many in a hundred have it."""

    code: str
    kind: str
    ess_form: str
    word: str
    share: int


LEGAL_FORMS: Final = (
    LegalForm("9220", "association", "association", "Association", 78),
    LegalForm("9230", "association", "association", "Fédération", 3),
    LegalForm("5710", "company", "ess-company", "Compagnie", 5),
    LegalForm("5499", "company", "ess-company", "Atelier", 4),
    LegalForm("5458", "cooperative", "scop", "Coopérative", 3),
    LegalForm("6316", "cooperative", "cuma", "Coopérative agricole", 2),
    LegalForm("8210", "association", "mutual", "Mutuelle", 2),
    LegalForm("9300", "foundation", "foundation", "Fondation", 3),
)


def communes() -> list[Commune]:
    """The communes of metropolitan France, the large ones several times over."""
    with gzip.open(COMMUNES, "rt", encoding="utf-8") as file:
        told = json.load(file)
    return [
        commune
        for entry in told
        if entry["type"] == "commune-actuelle" and entry["zone"] == "metro"
        for commune in [_commune(entry)] * (1 + entry.get("population", 0) // PEOPLE_PER_TURN)
    ]


def _commune(entry: dict[str, object]) -> Commune:
    department = str(entry["departement"])
    number = int(re.sub("[AB]", "0", department))
    codes = entry["codesPostaux"]
    assert isinstance(codes, list)
    return Commune(
        code=str(entry["code"]),
        name=str(entry["nom"]),
        post_code=str(codes[0]),
        latitude=43.8 + number * 37 % 95 * 0.055,
        longitude=-0.4 + number * 53 % 95 * 0.055,
    )


def activities() -> Sequence[str]:
    """The most detailed codes of NAF rev. 2."""
    found = re.findall(r"/nafr2/(\d\d\.\d\d[A-Z])> a ", ACTIVITIES.read_text("utf-8"))
    return sorted(set(found))
