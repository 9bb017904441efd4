"""How like two names are, 0 to 100: whatever the order of words, their accents, the legal form."""

import re
from typing import Final

from rapidfuzz import fuzz

from kg.catalogue.words import fold, telling

FORMS: Final = frozenset(
    re.findall(
        r"\w+",
        """asso assoc association associations sa sarl sas sasu eurl snc gie gip scop scic cae
        societe ste ltd inc gmbh""",
    )
)
"""Words of names that say the legal form, folded: one writes them where another does not."""
INITIALS: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}")
NEARLY: Final = 99.0
"""The most that names earn which are not the same letter for letter."""
ONE_FORM: Final = 97.0
"""The same with the legal form of one of them left out."""
OTHER_FORM: Final = 88.0
"""The same but for legal forms that differ."""


def plain(text: str) -> str:
    """A name folded, its spaces single, its initials without their stops (`S.C.O.P.`)."""
    closed = INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return fold(" ".join(closed.split()))


def alike(one: str, other: str) -> float:
    """How like two names are, both as `plain` gives them."""
    if one == other:
        return 100.0
    told, said = telling(one), telling(other)
    points = min(NEARLY, _compared(told, said))
    named = [word for word in told if word not in FORMS]
    called = [word for word in said if word not in FORMS]
    if not named or not called or (len(named), len(called)) == (len(told), len(said)):
        return points
    forms = {word for word in told if word in FORMS}, {word for word in said if word in FORMS}
    if forms[0] == forms[1]:
        return points
    return max(points, min(OTHER_FORM if all(forms) else ONE_FORM, _compared(named, called)))


def _compared(told: list[str], said: list[str]) -> float:
    one, other = " ".join(told), " ".join(said)
    return 0.75 * fuzz.token_sort_ratio(one, other) + 0.25 * fuzz.token_set_ratio(one, other)
