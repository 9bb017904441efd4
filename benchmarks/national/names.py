"""Made-up names: of organisations, people, topics; each number has its own."""

from typing import Final

THEMES: Final = (
    "citoyenne", "solidaire", "coopérative", "des rivières", "du réemploi", "de la culture",
    "des jardins", "des savoirs", "du logement", "des mobilités", "du grand âge", "de l'enfance",
    "du numérique", "des forêts", "du lien social", "des métiers", "de l'énergie", "du littoral",
    "des quartiers", "de l'alimentation", "du vélo", "de la lecture", "des communs", "du sport",
    "de l'insertion", "des arts", "du patrimoine", "des musiques", "de la santé", "du tourisme",
    "des sciences", "du handicap", "de la paix", "des habitants", "du bocage", "de l'écoute",
    "des semences", "du théâtre", "de l'artisanat", "de la montagne",
)  # fmt: skip
SYLLABLES: Final = (
    "ba", "bel", "cor", "dan", "fer", "gal", "jo", "lan", "mar", "nel", "or", "pel", "ri", "sol",
    "tor", "val",
)  # fmt: skip
GIVEN: Final = (
    "Adèle", "Aya", "Basile", "Camille", "Chloé", "Djamel", "Élie", "Emma", "Farid", "Gaëlle",
    "Hugo", "Inès", "Jade", "Karim", "Léa", "Louis", "Maëlle", "Mehdi", "Nora", "Océane", "Paul",
    "Quentin", "Rachid", "Salomé", "Théo", "Ulysse", "Valérie", "Wassim", "Yasmine", "Zoé",
)  # fmt: skip
STREETS: Final = (
    "rue des Tilleuls", "avenue de la Gare", "place du Marché", "rue du Moulin",
    "quai des Lavandes", "boulevard des Écoles", "chemin des Vignes", "impasse du Lavoir",
    "allée des Chênes",
)  # fmt: skip
SPREAD: Final = 1_000_003
"""A prime: neighbours get names that do not look alike, and no two get the same."""


def _spread(number: int, among: int) -> int:
    return number * SPREAD % among


def invented(number: int) -> str:
    """A word of four syllables that means nothing; 65,536 of them."""
    parts = [SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12)]
    return "".join(parts).capitalize()


def organisation(number: int, word: str) -> str:
    """A name nobody else has, up to 2.6 million: `Association des forêts Belcormarval`."""
    among = len(THEMES) << 16
    lot = _spread(number, among)
    return f"{word} {THEMES[lot >> 16]} {invented(lot & 0xFFFF)}"


def person(number: int) -> tuple[str, str]:
    """A given and a family name that no other pair equals, up to 1.9 million."""
    lot = _spread(number, len(GIVEN) << 16)
    return GIVEN[lot >> 16], invented(lot & 0xFFFF)


def siren(number: int) -> str:
    """A SIREN number with its check digit, never given to anybody: they do not start with 0."""
    body = f"0{number * SPREAD % 10_000_000:07d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """The digit of Luhn's formula that ends a number."""
    doubled = (int(d) * (2 - (place % 2)) for place, d in enumerate(reversed(body)))
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)
