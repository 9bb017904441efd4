"""How like two names are, 0 to 100: whatever the order of words, their accents, the legal form.

From `SAME` points on two names have the same words; what is spelt otherwise, however nearly, stays
below: a letter is all there is between the Aube and the Aude, a figure between two schools.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import dropwhile
from typing import Final

from rapidfuzz import fuzz

from kg.catalogue.words import (
    APOSTROPHE,
    APOSTROPHES,
    WORD,
    fold,
    folded,
    telling,
    words,
    written_out,
)

FORMS: Final = frozenset(
    re.findall(
        r"\w+",
        """asso assoc association sa sarl sas sasu eurl snc gie gip scop scic cae societe
        ste ltd inc gmbh""",
    )
)
"""Words by which the name of an organisation begins or ends that say its legal form, folded."""
UNSURE_FORMS: Final = frozenset(("societe", "ste"))
"""Those that names have of their own: `Société générale`, `Ste Marie`."""
LONG_FORMS: Final = tuple(
    (re.compile(rf"\b{long}\b"), short)
    for long, short in (
        ("societe cooperative d interet collectif", "scic"),
        ("societe cooperative (?:et participative|(?:ouvriere )?de production)", "scop"),
        ("cooperative d activites? et d emplois?", "cae"),
        ("societe par actions simplifiee unipersonnelle", "sasu"),
        ("societe par actions simplifiee", "sas"),
        ("societe a responsabilite limitee", "sarl"),
        ("societe anonyme", "sa"),
        ("groupement d interet economique", "gie"),
        ("groupement d interet public", "gip"),
        ("association loi (?:de )?1901", "association"),
    )
)
"""Legal forms in full, as registers write them, with their initials."""
GROUPINGS: Final = tuple(
    (re.compile(rf"\b{long}\b"), short)
    for long, short in (
        ("communaute de communes", "cc"),
        ("communaute d agglomeration", "ca"),
        ("communaute urbaine", "cu"),
    )
)
"""What the names of groupings of communes begin with, in full and short."""
GROUPING: Final = re.compile(rf"(?:{'|'.join(short for _, short in GROUPINGS)})\b")
LONG: Final = re.compile("soci|commun|group|coop|loi")
"""What a name has that may be shortened."""
HEADS: Final = frozenset(
    re.findall(
        r"\w+",
        """association centre collectif college departement ecole federation fondation
        institut laboratoire lycee region reseau universite university ville""",
    )
)
"""Words by which a name begins that say what it names: one writes them where another does not."""
SMALL: Final = frozenset(re.findall(r"\w+", "and au aux de des du en et la le les of the"))
"""Words that are in a name or not as one likes."""
ARTICLES: Final = ("la", "le", "les", "l")
"""What gets lost before the name of a territory."""
ARTICLE: Final = re.compile(rf"(?:l[{APOSTROPHES} ] ?|la |le |les )(?=\w)")

NEARLY: Final = 99.0
"""The most that names earn which are not the same letter for letter."""
ONE_FORM: Final = 97.0
"""The same with the legal form of one of them left out."""
SAME: Final = 95.0
"""From here on two names have the same words."""
SPELT_NEARLY: Final = 94.0
"""The most that names earn whose words are not the same."""
HEADED: Final = 92.0
"""The same but for a first word that says what is named."""
OTHER_FORM: Final = 88.0
"""The same but for legal forms that differ, for figures that do, or for what groups communes."""


def plain(text: str) -> str:
    """A name folded, its spaces single, its abbreviations written out (`S.C.O.P.`, `Ste`)."""
    return fold(written_out(" ".join(text.lower().split())))


def alike(one: str, other: str, kind: str = "") -> float:
    """How like two names are that things of a kind have, both as `plain` gives them."""
    if one == other:
        return 100.0
    if kind == "territory":
        one, other = _shortened(one, GROUPINGS), _shortened(other, GROUPINGS)
    if kind == "organisation":
        return _organisations(_shortened(one, LONG_FORMS), _shortened(other, LONG_FORMS))
    points = _points(one, other)
    if kind != "territory":
        return points
    if bool(GROUPING.match(one)) != bool(GROUPING.match(other)):
        return min(points, OTHER_FORM)  # a commune and the grouping that is called after it
    if points >= SAME and ARTICLE.match(one) and not ARTICLE.match(other):
        return SPELT_NEARLY  # an article gets lost, none comes by itself: La Croix is not Croix
    return points


def _organisations(one: str, other: str) -> float:
    """The same of organisations, whose legal form is written or not."""
    points = _points(one, other)
    told, said = _parts(one), _parts(other)
    named, called = _formless(told), _formless(said)
    if points >= SAME or (named, called) == (told, said) or not named or not called:
        return points
    forms = {*told} - {*named}, {*said} - {*called}
    if forms[0] == forms[1]:
        return points
    most = OTHER_FORM if all(forms) or (forms[0] | forms[1]) & UNSURE_FORMS else ONE_FORM
    if len([word for word in named if word not in SMALL]) < 2:
        most = min(most, SPELT_NEARLY)  # of a single word there may be many
    return max(points, min(most, _points(" ".join(named), " ".join(called))))


def _points(one: str, other: str) -> float:
    """How like two names are that say the same of their form."""
    if _same(one, other):
        return NEARLY
    told, said = telling(one), telling(other)
    points = min(SPELT_NEARLY, _compared(told, said))
    if _figures(told) != _figures(said):
        points = min(points, OTHER_FORM)
    for whole, rest in ((one, other), (other, one)):
        head, _, tail = whole.partition(" ")
        if head in HEADS and _same(tail, rest):
            return max(points, HEADED)
    return points


def _figures(parts: Iterable[str]) -> list[str]:
    return sorted(part for part in parts if any(map(str.isdigit, part)))


def _same(one: str, other: str) -> bool:
    """Whether two names have the same words, or but for apostrophes the same in the same order."""
    return _bag(one) == _bag(other) or _joined(one) == _joined(other)


def spellings(name: str) -> tuple[str, str]:
    """By either of which two names, as `plain` gives them, are the same.

    Their words in alphabetical order, without small ones; and all in their order, the apostrophes
    left out.
    """
    return " ".join(_bag(name)), _joined(name)


@lru_cache(maxsize=10_000)
def _bag(name: str) -> tuple[str, ...]:
    found = sorted(_parts(name))
    return tuple(word for word in found if word not in SMALL) or tuple(found)


def _joined(name: str) -> str:
    """The words of a name whose apostrophes are left out (`LHAY`)."""
    return " ".join(WORD.findall(APOSTROPHE.sub("", name)))


def _parts(name: str) -> tuple[str, ...]:
    """The words of a name."""
    return tuple(map(folded, words(name)))


def _formless(parts: Sequence[str]) -> tuple[str, ...]:
    """The words of a name without those that say a legal form before and after it."""
    rest = dropwhile(FORMS.__contains__, parts)
    turned = dropwhile(FORMS.__contains__, reversed([*rest]))
    return tuple(reversed([*turned]))


def _shortened(name: str, pairs: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """A name with the longer of some words replaced by the shorter."""
    if not LONG.search(name):
        return name
    shorter = spaced = " ".join(WORD.findall(name))
    for long, short in pairs:
        shorter = long.sub(short, shorter)
    return shorter if shorter != spaced else name


def _compared(told: Sequence[str], said: Sequence[str]) -> float:
    one, other = " ".join(told), " ".join(said)
    return 0.75 * fuzz.token_sort_ratio(one, other) + 0.25 * fuzz.token_set_ratio(one, other)
