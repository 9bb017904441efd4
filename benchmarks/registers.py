"""Names as registers write them, and how many of them are matched for certain, rightly or not."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LIGATURES: Final = str.maketrans({"Œ": "OE", "Æ": "AE"})


def capitals(name: str) -> str:
    """In capitals, accents and ligatures lost."""
    decomposed = unicodedata.normalize("NFD", name)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.upper().translate(LIGATURES)


def abbreviated(name: str) -> str:
    """ST and STE, as in SIRENE and at La Poste."""
    return re.sub(r"\bSAINT(E?S?)\b", r"ST\1", capitals(name))


def unpunctuated(name: str) -> str:
    """Apostrophes and hyphens as spaces."""
    return re.sub(r"['’-]", " ", abbreviated(name))


def joined(name: str) -> str:
    """Apostrophes left out."""
    return re.sub(r"['’]", "", capitals(name))


def without_article(name: str) -> str:
    """Without the article by which it begins, as in the official geographic code."""
    return re.sub(r"^(LE|LA|LES|L) +", "", unpunctuated(name))


def family_first(name: str) -> str:
    """Of a person: the family name first."""
    first, _, rest = capitals(name).partition(" ")
    return f"{rest} {first}".strip()


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "capitals": capitals,
    "ST, STE": abbreviated,
    "no apostrophe or hyphen": unpunctuated,
    "apostrophes left out": joined,
    "no article": without_article,
}
FORMS: Final = ("ASSOCIATION {}", "{} SCOP", "SCIC {}", "{} SARL", "ASSO {} ", "{} S.A.S.")


@dataclass(frozen=True)
class Certain:
    """How many names were asked for, and what was told for certain of them."""

    asked: int
    right: int
    wrong: tuple[tuple[str, str], ...]
    """(name as it was asked for, id it was matched with)"""

    @property
    def precision(self) -> float:
        told = self.right + len(self.wrong)
        return self.right / told if told else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.asked if self.asked else 1.0


def certain(told: Iterable[tuple[str, str, str]]) -> Certain:
    """Counts (name, id that is meant, id it was matched with for certain, or nothing).

    Nothing is meant by a name that is not in the release: whatever it was matched with is wrong.
    """
    known: Sequence[tuple[str, str, str]] = list(told)
    wrong = tuple((name, found) for name, meant, found in known if found and found != meant)
    right = sum(bool(found) and found == meant for _, meant, found in known)
    return Certain(len(known), right, wrong)
