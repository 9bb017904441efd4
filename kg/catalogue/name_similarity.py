"""Name similarity, 0 to 100, whatever the order of words, the accents, the legal form.

From `SAME` points on two names have the same words; what is spelt otherwise, however nearly, stays
below: a letter is all there is between the Aube and the Aude, a figure between two schools.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import dropwhile
from typing import Final

from rapidfuzz import fuzz

from kg.catalogue.text_analysis import (
    APOSTROPHE,
    APOSTROPHES,
    WORD,
    expand_abbreviations,
    fold,
    fold_cached,
    tokenize,
    tokenize_without_stop_words,
)

LEGAL_FORMS: Final = frozenset(
    re.findall(
        r"\w+",
        """asso assoc association sa sarl sas sasu eurl snc gie gip scop scic cae societe
        ste ltd inc gmbh""",
    )
)
"""Words by which the name of an organisation begins or ends that say its legal form, folded."""
AMBIGUOUS_LEGAL_FORMS: Final = frozenset(("societe", "ste"))
"""Those that names have of their own: `Société générale`, `Ste Marie`."""
LEGAL_FORM_ABBREVIATIONS: Final = tuple(
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
GROUPING_ABBREVIATIONS: Final = tuple(
    (re.compile(rf"\b{long}\b"), short)
    for long, short in (
        ("communaute de communes", "cc"),
        ("communaute d agglomeration", "ca"),
        ("communaute urbaine", "cu"),
    )
)
"""What the names of groupings of communes begin with, in full and short."""
GROUPING_PREFIX: Final = re.compile(
    rf"(?:{'|'.join(short for _, short in GROUPING_ABBREVIATIONS)})\b"
)
ABBREVIABLE: Final = re.compile("soci|commun|group|coop|loi")
"""What a name has that may be shortened."""
GENERIC_FIRST_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """association centre collectif college departement ecole federation fondation
        institut laboratoire lycee region reseau universite university ville""",
    )
)
"""Words by which a name begins that say what it names: one writes them where another does not."""
OPTIONAL_WORDS: Final = frozenset(re.findall(r"\w+", "and au aux de des du en et la le les of the"))
"""Words that are in a name or not as one likes."""
LOST_ARTICLES: Final = ("la", "le", "les", "l")
"""What gets lost before the name of a territory."""
LEADING_ARTICLE: Final = re.compile(rf"(?:l[{APOSTROPHES} ] ?|la |le |les )(?=\w)")

SAME_WORDS_SCORE: Final = 99.0
"""The most that names earn which are not the same letter for letter."""
MISSING_LEGAL_FORM_SCORE: Final = 97.0
"""The same with the legal form of one of them left out."""
MIN_SAME_WORDS_SCORE: Final = 95.0
"""From here on two names have the same words."""
MAX_SPELLING_SCORE: Final = 94.0
"""The most that names earn whose words are not the same."""
MISSING_FIRST_WORD_SCORE: Final = 92.0
"""The same but for a first word that says what is named."""
MAX_CONFLICT_SCORE: Final = 88.0
"""The same but for legal forms that differ, for figures that do, or for what groups communes."""


def normalize_name(text: str) -> str:
    """A name folded, its spaces single, its abbreviations written out (`S.C.O.P.`, `Ste`)."""
    return fold(expand_abbreviations(" ".join(text.lower().split())))


def compute_similarity(one: str, other: str, kind: str = "") -> float:
    """How like two names are that things of a kind have, both as `plain` gives them."""
    if one == other:
        return 100.0
    if kind == "territory":
        one, other = (
            _abbreviate(one, GROUPING_ABBREVIATIONS),
            _abbreviate(other, GROUPING_ABBREVIATIONS),
        )
    if kind == "organisation":
        return _compare_organisations(
            _abbreviate(one, LEGAL_FORM_ABBREVIATIONS), _abbreviate(other, LEGAL_FORM_ABBREVIATIONS)
        )
    points = _compare(one, other)
    if kind != "territory":
        return points
    if bool(GROUPING_PREFIX.match(one)) != bool(GROUPING_PREFIX.match(other)):
        return min(points, MAX_CONFLICT_SCORE)  # a commune and the grouping that is called after it
    if (
        points >= MIN_SAME_WORDS_SCORE
        and LEADING_ARTICLE.match(one)
        and not LEADING_ARTICLE.match(other)
    ):
        return (
            MAX_SPELLING_SCORE  # an article gets lost, none comes by itself: La Croix is not Croix
        )
    return points


def _compare_organisations(one: str, other: str) -> float:
    """The same of organisations, whose legal form is written or not."""
    points = _compare(one, other)
    one_words, other_words = _tokenize_name(one), _tokenize_name(other)
    one_core, other_core = _strip_legal_forms(one_words), _strip_legal_forms(other_words)
    if (
        points >= MIN_SAME_WORDS_SCORE
        or (one_core, other_core) == (one_words, other_words)
        or not one_core
        or not other_core
    ):
        return points
    forms = {*one_words} - {*one_core}, {*other_words} - {*other_core}
    if forms[0] == forms[1]:
        return points
    most = (
        MAX_CONFLICT_SCORE
        if all(forms) or (forms[0] | forms[1]) & AMBIGUOUS_LEGAL_FORMS
        else MISSING_LEGAL_FORM_SCORE
    )
    if len([word for word in one_core if word not in OPTIONAL_WORDS]) < 2:
        most = min(most, MAX_SPELLING_SCORE)  # of a single word there may be many
    return max(points, min(most, _compare(" ".join(one_core), " ".join(other_core))))


def _compare(one: str, other: str) -> float:
    """How like two names are that say the same of their form."""
    if _has_same_words(one, other):
        return SAME_WORDS_SCORE
    one_words, other_words = tokenize_without_stop_words(one), tokenize_without_stop_words(other)
    points = min(MAX_SPELLING_SCORE, _compute_fuzzy_score(one_words, other_words))
    if _find_figures(one_words) != _find_figures(other_words):
        points = min(points, MAX_CONFLICT_SCORE)
    for whole, rest in ((one, other), (other, one)):
        head, _, tail = whole.partition(" ")
        if head in GENERIC_FIRST_WORDS and _has_same_words(tail, rest):
            return max(points, MISSING_FIRST_WORD_SCORE)
    return points


def _find_figures(parts: Iterable[str]) -> list[str]:
    return sorted(part for part in parts if any(map(str.isdigit, part)))


def _has_same_words(one: str, other: str) -> bool:
    """Whether two names have the same words, or but for apostrophes the same in the same order."""
    return _sort_words(one) == _sort_words(other) or _joined(one) == _joined(other)


def spellings(name: str) -> tuple[str, str]:
    """By either of which two names, as `plain` gives them, are the same.

    Their words in alphabetical order, without small ones; and all in their order, the apostrophes
    left out.
    """
    return " ".join(_sort_words(name)), _joined(name)


@lru_cache(maxsize=10_000)
def _sort_words(name: str) -> tuple[str, ...]:
    words = sorted(_tokenize_name(name))
    return tuple(word for word in words if word not in OPTIONAL_WORDS) or tuple(words)


def _joined(name: str) -> str:
    """The words of a name whose apostrophes are left out (`LHAY`)."""
    return " ".join(WORD.findall(APOSTROPHE.sub("", name)))


def _tokenize_name(name: str) -> tuple[str, ...]:
    """The words of a name."""
    return tuple(map(fold_cached, tokenize(name)))


def _strip_legal_forms(parts: Sequence[str]) -> tuple[str, ...]:
    """The words of a name without those that say a legal form before and after it."""
    rest = dropwhile(LEGAL_FORMS.__contains__, parts)
    turned = dropwhile(LEGAL_FORMS.__contains__, reversed([*rest]))
    return tuple(reversed([*turned]))


def _abbreviate(name: str, pairs: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """A name with the longer of some words replaced by the shorter."""
    if not ABBREVIABLE.search(name):
        return name
    shorter = spaced = " ".join(WORD.findall(name))
    for long, short in pairs:
        shorter = long.sub(short, shorter)
    return shorter if shorter != spaced else name


def _compute_fuzzy_score(one_words: Sequence[str], other_words: Sequence[str]) -> float:
    one, other = " ".join(one_words), " ".join(other_words)
    return 0.75 * fuzz.token_sort_ratio(one, other) + 0.25 * fuzz.token_set_ratio(one, other)
