"""Canonical words of names of organisations: one spelling for what registers and articles write.

`Univ. Lille`, `University of Lille` and `UNIVERSITE DE LILLE` have the words `universite` and
`lille`; `Laboratory of Physics` has those of `Laboratoire de physique`. Small words are left out,
Roman numbers are figures, abbreviations are words. Legal forms are told apart from what they are
the form of.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kg.catalogue.name_similarity import (
    AMBIGUOUS_LEGAL_FORMS,
    LEGAL_FORM_ABBREVIATIONS,
    LEGAL_FORMS,
)
from kg.catalogue.text_analysis import WORD, expand_abbreviations, find_within_edits, fold

SMALL_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """a al and at au aux d da de del della der des di dos du e en es et for fur im in l la le
        les of on pour s sur the und van von y""",
    )
)
"""Articles and prepositions, folded: they are in a name or not as one likes."""
SYNONYMS: Final[dict[str, str]] = {
    written: canonical
    for canonical, others in {
        "universite": """univ university universita universitat universitaet uni
            univers universitesi univerzita universidad universidade
            universites universities""",
        "laboratoire": "lab labo laboratory laboratories laboratoires labs",
        "institut": "institute inst institutes instituto istituto instituts",
        "centre": "center ctr centro centres centers cntr",
        "departement": "department dept dep dpt departamento dipartimento",
        "faculte": "faculty fac facultes",
        "ecole": "school ec ecoles schools",
        "hopital": "hospital hop hosp hopitaux hospitals hospice hospices",
        "hospitalier": "hospitaliers",
        "national": "nationale natl nat nationales nationaux",
        "superieur": "superieure sup superieures",
        "recherche": "research recherches rech res",
        "science": "sciences sci",
        "technologie": "technology technologies technol technologique",
        "technique": "techniques technical",
        "physique": "physics phys physiques",
        "chimie": "chemistry chem chimique",
        "biologie": "biology biol biological",
        "mathematique": "mathematics math maths mathematical mathematiques",
        "informatique": "informatics",
        "economie": "economics economy econ",
        "sociologie": "sociology",
        "social": "sociale sociales sociaux",
        "humain": "humaines humaine human humanities",
        "humanite": "humanites",
        "histoire": "history",
        "geographie": "geography",
        "geologie": "geology",
        "geoscience": "geosciences",
        "mecanique": "mechanics mechanical",
        "electronique": "electronics electronic",
        "optique": "optics optical",
        "materiau": "materiaux materials material",
        "ingenierie": "engineering eng engn",
        "environnement": "environment environmental environ",
        "ecologie": "ecology ecological",
        "sante": "health",
        "medecine": "medicine medical med medicale",
        "cancer": "cancerologie",
        "neuroscience": "neurosciences",
        "genetique": "genetics",
        "genomique": "genomics",
        "microbiologie": "microbiology",
        "biochimie": "biochemistry",
        "immunologie": "immunology",
        "agriculture": "agricultural agri",
        "agronomique": "agronomy agronomie agronomic",
        "alimentation": "food",
        "developpement": "development",
        "etude": "etudes studies study",
        "systeme": "systemes systems system",
        "reseau": "network reseaux networks",
        "association": "asso assoc ass associations",
        "federation": "fed federations",
        "fondation": "foundation",
        "compagnie": "cie",
        "cooperative": "coop cooperatives",
        "societe": "ste society soc",
        "groupe": "grp gr group groupement",
        "international": "intl internationale int internationaux",
        "europeen": "europeenne european",
        "francais": "francaise french fr",
        "regional": "regionale reg",
        "departemental": "departementale",
        "comite": "committee comites",
        "saint": "st",
        "sainte": "ste",
        "unite": "unit",
        "equipe": "team",
        "mixte": "joint",
        "polytechnique": "polytechnic",
        "normale": "normal",
        "archeologie": "archaeology archeology",
        "linguistique": "linguistics",
        "psychologie": "psychology",
        "philosophie": "philosophy",
        "politique": "political politiques",
        "droit": "law",
        "gestion": "management",
        "langue": "langues language languages",
        "terre": "earth",
        "eau": "water",
        "energie": "energy",
        "espace": "space",
        "astrophysique": "astrophysics",
        "observatoire": "observatory",
        "musee": "museum",
        "bibliotheque": "library",
        "culture": "culturelle culturel cultural",
        "nucleaire": "nuclear nucleaires",
        "moleculaire": "molecular moleculaires",
        "cellulaire": "cellular cell",
        "applique": "appliquee appliquees appliques applied",
        "theorique": "theoretical theory theorie",
        "biologique": "biologiques",
        "bourgogne": "burgundy",
        "bretagne": "brittany",
        "corse": "corsica",
        "lyon": "lyons",
        "marseille": "marseilles",
        "normandie": "normandy",
        "picardie": "picardy",
        "savoie": "savoy",
        "ouest": "west",
        "est": "east",
        "nord": "north",
        "sud": "south",
        "information": "informations",
        "communication": "communications",
        "maison": "house",
        "nouvelle": "new nouveau nouveaux nouvelles",
    }.items()
    for written in others.split()
}
"""What is written, folded, with the word it stands for; an abbreviation of two is in neither."""
SYNONYMS.pop("ste")  # Sainte or Société: kept as it is
CANONICAL_WORDS: Final = frozenset(SYNONYMS.values())
MIN_CORRECTED_LETTERS: Final = 6
COMMON_WORDS_BY_LETTER: Final = {
    letter: sorted(
        word
        for word in {*SYNONYMS, *SYNONYMS.values()}
        if word[0] == letter and len(word) >= MIN_CORRECTED_LETTERS
    )
    for letter in "abcdefghijklmnopqrstuvwxyz"
}
"""Long words that names are made of, as written, by their first letter."""
PHRASES: Final[dict[tuple[str, ...], str]] = {
    tuple(phrase.split()): canonical
    for canonical, phrases in {
        "chu": (
            "centre hospitalier universitaire",
            "centre hospitalier universite",
            "centre hospitalier regional universitaire",
            "centre hospitalier regional et universitaire",
            "universite hopital",
            "hopital universite",
            "hopital universitaire",
            "universite hopital centre",
            "centre hospitalo universitaire",
            "centre hopital universite",
            "centre hopital universitaire",
            "centre hopital regional universite",
            "teaching hopital",
            "universite medecine centre",
            "chru",
        ),
        "ch": ("centre hospitalier", "hopital centre", "centre hopital"),
        "chi": ("centre hospitalier intercommunal",),
        "hia": ("hopital instruction armees",),
        "insa": ("institut national science applique", "national institut applique science"),
        "iep": ("institut etude politique", "science po"),
        "iut": ("institut universitaire technologie",),
        "ens": ("ecole normale superieur",),
        "aphp": ("assistance publique hopital paris", "ap hp"),
        "aphm": ("assistance publique hopital marseille", "ap hm"),
        "mjc": ("maison jeunes culture", "maison jeune culture"),
        "cc": ("communaute communes",),
        "ca": ("communaute agglomeration",),
    }.items()
    for phrase in phrases
}
"""What institutions of one kind are called in full, in canonical words, with its initials."""
LONGEST_PHRASE: Final = max(map(len, PHRASES))
FIRST_OF_PHRASES: Final = frozenset(phrase[0] for phrase in PHRASES)
ROMAN_NUMBERS: Final = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "xii": "12", "xiii": "13",
}  # fmt: skip
"""Roman numbers that are no words."""
ROMAN_LETTERS: Final = {"i": "1", "v": "5", "x": "10"}
NUMBERED_PLACES: Final = frozenset(
    [
        "paris",
        "lyon",
        "lille",
        "grenoble",
        "bordeaux",
        "toulouse",
        "montpellier",
        "rennes",
        "nancy",
        "strasbourg",
    ]
)
"""Cities after which a single letter is the number of a university."""
CITY_NUMBER: Final = re.compile(
    rf"\b({'|'.join(sorted(NUMBERED_PLACES))})(?=\d{{1,2}}\b)", re.IGNORECASE
)
"""A city with the number of a university after it without a blank: `Lyon1`."""
BRACKETED: Final = re.compile(r"[(\[][^()\[\]]*[)\]]")
UNIT_NUMBER: Final = re.compile(
    r"\b(umr[\s_-]?s|umr|upr|ums|uar|usr|ea|urp?|fre|umi|irl|u)[\s_-]*(?:cnrs|inserm|inra)?[\s_-]*"
    r"(?:n[°ºo]?)?[\s_-]*(?=\d)",
    re.IGNORECASE,
)
"""What stands before the number of a research unit, however it is written."""
KINDS_OF_UNITS: Final = {
    "umrs": "u", "ea": "ur", "urp": "ur", "ums": "uar", "usr": "uar", "umi": "irl",
}  # fmt: skip
"""What kinds of units are called today, or by others, that keep their number."""
ELISION: Final = re.compile(r"\b(?:[dljmnst]|qu)['’ʼ`´] ?", re.IGNORECASE)


@dataclass(frozen=True)
class CanonicalName:
    """The words of a name in their order, those of its legal form apart."""

    words: tuple[str, ...]
    forms: tuple[str, ...]

    @property
    def key(self) -> str:
        """What two spellings of one name share whatever the order of the words."""
        return build_key(self.words)


def build_key(words: Iterable[str]) -> str:
    """The words of a name in alphabetical order."""
    return " ".join(sorted(words))


def canonicalize(name: str) -> tuple[str, ...]:
    """The canonical words of a name, small ones left out; all of them where none would stay."""
    plain = ELISION.sub("", name.lower())
    if any(map(str.isdigit, plain)):
        plain = space_city_numbers(space_unit_numbers(plain))
    plain = fold(expand_abbreviations(plain))
    written = WORD.findall(plain)
    words = tuple(
        canonicalize_word(word, before)
        for before, word in zip(("", *written), written, strict=False)
        if word not in SMALL_WORDS
    )
    return _join_phrases(words) or tuple(written)


def find_phrase(words: Sequence[str], begin: int) -> tuple[int, str] | None:
    """The end and the initials of the phrase that begins at a word."""
    if words[begin] not in FIRST_OF_PHRASES:
        return None
    for end in range(min(len(words), begin + LONGEST_PHRASE), begin, -1):
        if initials := PHRASES.get(tuple(words[begin:end])):
            return end, initials
    return None


def _join_phrases(words: Sequence[str]) -> tuple[str, ...]:
    if FIRST_OF_PHRASES.isdisjoint(words):
        return tuple(words)
    joined = []
    position = 0
    while position < len(words):
        end, word = find_phrase(words, position) or (position + 1, words[position])
        joined.append(word)
        position = end
    return tuple(joined)


def space_unit_numbers(text: str) -> str:
    """A text in which the numbers of research units are written in one way: `umr 8019`."""
    return UNIT_NUMBER.sub(_space_unit_number, text)


def space_city_numbers(text: str) -> str:
    """A text in which the number of a university stands apart from its city: `Lyon 1`."""
    return CITY_NUMBER.sub(r"\1 ", text)


def _space_unit_number(match: re.Match[str]) -> str:
    kind = re.sub(r"[\s_-]", "", match[1].lower())
    return f"{KINDS_OF_UNITS.get(kind, kind)} "


def parse_name(name: str) -> CanonicalName:
    """The words of the name of an organisation and its legal form, as a register writes it."""
    return _parse(" ".join(name.lower().split()))


@lru_cache(maxsize=50_000)
def _parse(name: str) -> CanonicalName:
    plain = fold(expand_abbreviations(name))
    if plain.isascii() and any(start in plain for start in ("societe", "coop", "group", "loi")):
        plain = " ".join(WORD.findall(plain))
        for long, short in LEGAL_FORM_ABBREVIATIONS:
            plain = long.sub(short, plain)
    words = canonicalize(plain if plain.isascii() else name)
    begin, end = 0, len(words)
    while begin < end and words[begin] in LEGAL_FORMS:
        begin += 1
    while end > begin and words[end - 1] in LEGAL_FORMS:
        end -= 1
    core = words[begin:end]
    if not core:
        return CanonicalName(words, ())
    forms = (word for word in (*words[:begin], *words[end:]) if word not in AMBIGUOUS_LEGAL_FORMS)
    return CanonicalName(core, tuple(sorted(set(forms))))


@lru_cache(maxsize=10_000)
def find_synonym(word: str) -> str:
    """The canonical word of the one that a folded word is one edit from, or nothing."""
    if len(word) < MIN_CORRECTED_LETTERS:
        return ""
    near = find_within_edits(word, COMMON_WORDS_BY_LETTER.get(word[0], ()), 1)
    meant = {SYNONYMS.get(other, other) for other in near}
    return meant.pop() if len(meant) == 1 else ""


def canonicalize_word(word: str, before: str) -> str:
    """A folded word as it is in all spellings of a name; `before` is the one before it."""
    if word in ROMAN_LETTERS and before in NUMBERED_PLACES:
        return ROMAN_LETTERS[word]
    if word == "paristech" and before:  # schools that are called after Paris alone today
        return "paris"
    if word.isdigit():
        return word.lstrip("0") or "0"
    return ROMAN_NUMBERS.get(word) or SYNONYMS.get(word, word)
