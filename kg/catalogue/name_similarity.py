"""Name similarity from 0 to 100, ignoring word order, accents and legal forms.

From `MIN_SAME_WORDS_SCORE` on, two names have the same words. Names of different spelling score
lower, however similar: one letter distinguishes Aube from Aude, one digit two schools.
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
"""Folded words for legal forms, at the beginning or end of an organisation's name."""
AMBIGUOUS_LEGAL_FORMS: Final = frozenset(("societe", "ste"))
"""Legal forms that may also be part of the name proper: `Société générale`, `Ste Marie`."""
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
"""Long forms of legal forms, as registers write them, with their initials."""
GROUPING_ABBREVIATIONS: Final = tuple(
    (re.compile(rf"\b{long}\b"), short)
    for long, short in (
        ("communaute de communes", "cc"),
        ("communaute d agglomeration", "ca"),
        ("communaute urbaine", "cu"),
    )
)
"""Long and short forms of the prefixes of groupings of communes."""
GROUPING_PREFIX: Final = re.compile(
    rf"(?:{'|'.join(short for _, short in GROUPING_ABBREVIATIONS)})\b"
)
ABBREVIABLE: Final = re.compile("soci|commun|group|coop|loi")
"""Quick test for names with a long form to abbreviate."""
GENERIC_FIRST_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """association centre collectif college departement ecole federation fondation
        institut laboratoire lycee region reseau universite university ville""",
    )
)
"""Generic first words, which one spelling of a name may have and another not."""
OPTIONAL_WORDS: Final = frozenset(re.findall(r"\w+", "and au aux de des du en et la le les of the"))
"""Words ignored in comparisons."""
LOST_ARTICLES: Final = ("la", "le", "les", "l")
"""Articles that may be missing before the name of a territory."""
LEADING_ARTICLE: Final = re.compile(rf"(?:l[{APOSTROPHES} ] ?|la |le |les )(?=\w)")

SAME_WORDS_SCORE: Final = 99.0
"""Maximum score of names that are not identical."""
MISSING_LEGAL_FORM_SCORE: Final = 97.0
"""The same, if one of the names has no legal form."""
MIN_SAME_WORDS_SCORE: Final = 95.0
"""Minimum score of names with the same words."""
MAX_SPELLING_SCORE: Final = 94.0
"""Maximum score of names with different words."""
MISSING_FIRST_WORD_SCORE: Final = 92.0
"""Maximum score of names that differ by a generic first word."""
MAX_CONFLICT_SCORE: Final = 88.0
"""Maximum score of names with different legal forms, numbers or groupings of communes."""


def normalize_name(text: str) -> str:
    """Fold a name, with single spaces and abbreviations (`S.C.O.P.`, `Ste`) expanded."""
    return fold(expand_abbreviations(" ".join(text.lower().split())))


def compute_similarity(one: str, other: str, kind: str = "") -> float:
    """Score the similarity of two normalized names of records of a kind."""
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
        return min(points, MAX_CONFLICT_SCORE)  # a commune, and the grouping named after it
    if (
        points >= MIN_SAME_WORDS_SCORE
        and LEADING_ARTICLE.match(one)
        and not LEADING_ARTICLE.match(other)
    ):
        return (
            MAX_SPELLING_SCORE  # only a record's own article may be dropped: La Croix is not Croix
        )
    return points


def _compare_organisations(one: str, other: str) -> float:
    """Score two names of organisations, whose legal form may be missing."""
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
        most = min(most, MAX_SPELLING_SCORE)  # many organisations share a name of one word
    return max(points, min(most, _compare(" ".join(one_core), " ".join(other_core))))


def _compare(one: str, other: str) -> float:
    """Score two names, apart from their legal forms."""
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
    """Tell whether two names have the same words, or are equal but for apostrophes."""
    return _sort_words(one) == _sort_words(other) or _join_elisions(one) == _join_elisions(other)


def make_spellings(name: str) -> tuple[str, str]:
    """Return the two spellings by which normalized names are compared for equality.

    The first has the sorted words without optional ones, the second all words in order, with
    elisions joined.
    """
    return " ".join(_sort_words(name)), _join_elisions(name)


@lru_cache(maxsize=10_000)
def _sort_words(name: str) -> tuple[str, ...]:
    words = sorted(_tokenize_name(name))
    return tuple(word for word in words if word not in OPTIONAL_WORDS) or tuple(words)


def _join_elisions(name: str) -> str:
    """Join the elisions of a name (`LHAY`)."""
    return " ".join(WORD.findall(APOSTROPHE.sub("", name)))


def _tokenize_name(name: str) -> tuple[str, ...]:
    """Split a name into words."""
    return tuple(map(fold_cached, tokenize(name)))


def _strip_legal_forms(parts: Sequence[str]) -> tuple[str, ...]:
    """Strip the leading and trailing words for legal forms."""
    rest = dropwhile(LEGAL_FORMS.__contains__, parts)
    turned = dropwhile(LEGAL_FORMS.__contains__, reversed([*rest]))
    return tuple(reversed([*turned]))


def _abbreviate(name: str, pairs: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """Replace the long forms in a name with the short ones."""
    if not ABBREVIABLE.search(name):
        return name
    shorter = spaced = " ".join(WORD.findall(name))
    for long, short in pairs:
        shorter = long.sub(short, shorter)
    return shorter if shorter != spaced else name


def _compute_fuzzy_score(one_words: Sequence[str], other_words: Sequence[str]) -> float:
    one, other = " ".join(one_words), " ".join(other_words)
    return 0.75 * fuzz.token_sort_ratio(one, other) + 0.25 * fuzz.token_set_ratio(one, other)
