"""A made-up register of units, as large as one likes, whose names are made as real ones are.

A name is that of a real unit, with words exchanged for others as often as they are used, or a name
that every commune has, or a word that was never seen, letter by letter as real words are. Each
unit lies in a commune, drawn by its population, and has a year.
"""

import gzip
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

COMMUNES: Final = (
    Path(__file__).resolve().parents[1]
    / "data" / "sources" / "territoires" / "raw" / "communes.json.gz"
)  # fmt: skip
EVERYWHERE: Final = (
    "COMITE DES FETES DE {}", "AMICALE LAIQUE DE {}", "CLUB INFORMATIQUE DE {}",
    "ASSOCIATION DES PARENTS D'ELEVES DE {}", "LES AMIS DE {}", "FOYER RURAL DE {}",
    "UNION SPORTIVE DE {}", "{} ENVIRONNEMENT", "MJC DE {}", "CENTRE SOCIAL DE {}",
    "{} NUMERIQUE", "CYBERBASE DE {}", "{} INFORMATIQUE", "AMICALE DES SAPEURS POMPIERS DE {}",
    "CLUB DU TROISIEME AGE DE {}", "ECOLE DE MUSIQUE DE {}", "TENNIS CLUB DE {}",
)  # fmt: skip
EVERY_NAME: Final = 0.15
NEW_WORD: Final = 0.12
SAME_NAME: Final = 0.03
"""How many of those that come out as a real name keep it."""
EXCHANGED: Final = 0.5
ORDER: Final = 3
"""Letters that decide on the next."""
UNIT_FORMS: Final = (("9220", 0.62), ("5710", 0.2), ("5499", 0.12), ("5460", 0.06))


@dataclass(frozen=True)
class Unit:
    """A unit of the register."""

    name: str
    commune: str
    year: int
    form: str


class NameSource:
    """Names that are like those it was given."""

    def __init__(self, names: Sequence[str], chance: Random) -> None:
        self._chance = chance
        self._names = [name.upper().split() for name in names]
        self._known = {" ".join(name) for name in self._names}
        words = Counter(word for name in self._names for word in name)
        self._words = list(words)
        self._seen = frozenset(words)
        self._cumulated = list(itertools.accumulate(words.values()))
        self._next: dict[str, str] = defaultdict(str)
        for word in words:
            padded = "^" * ORDER + word + "$"
            for place in range(ORDER, len(padded)):
                self._next[padded[place - ORDER : place]] += padded[place]
        with gzip.open(COMMUNES) as file:
            rows = [row for row in json.load(file) if row.get("population")]
        self.communes = [(row["code"], row["nom"]) for row in rows]
        self._populations = list(itertools.accumulate(row["population"] for row in rows))

    def make(self) -> Unit:
        """One unit more."""
        chance = self._chance
        commune, place = self.draw_commune()
        if chance.random() < EVERY_NAME:
            name = chance.choice(EVERYWHERE).format(place.upper())
        else:
            words = chance.choice(self._names)
            if len(words) == 1:
                name = self._invent()
            else:
                name = " ".join(self._exchange(word) for word in words)
            if name in self._known and chance.random() >= SAME_NAME:
                return self.make()
        forms, shares = zip(*UNIT_FORMS, strict=True)
        year = min(2025, int(chance.triangular(1950, 2026, 2018)))
        return Unit(name, commune, year, chance.choices(forms, shares)[0])

    def draw_commune(self) -> tuple[str, str]:
        """The code and name of a commune, by its population."""
        return self._chance.choices(self.communes, cum_weights=self._populations)[0]

    def _exchange(self, word: str) -> str:
        chance = self._chance.random()
        if chance < NEW_WORD and len(word) > 3:
            return self._invent()
        if chance < NEW_WORD + EXCHANGED and len(word) > 3:
            return self._chance.choices(self._words, cum_weights=self._cumulated)[0]
        return word

    def _invent(self) -> str:
        """A word that no real name has: three letters often decide on all of a rare word."""
        while (word := self._spell()) in self._seen:
            pass
        return word

    def _spell(self) -> str:
        word = "^" * ORDER
        while len(word) < ORDER + 18:
            letter = self._chance.choice(self._next[word[-ORDER:]])
            if letter == "$":
                break
            word += letter
        return word[ORDER:]


def make_units(names: Sequence[str], count: int, seed: int) -> Iterator[Unit]:
    """The units of a register, one after another."""
    source = NameSource(names, Random(seed))
    for _ in range(count):
        yield source.make()
