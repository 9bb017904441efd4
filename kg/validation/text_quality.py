"""Text quality checks: damaged names, placeholders and formulas, with a likely repair.

They are looked for in what was accepted, in one pass over all values. Each is a warning with what
the text was meant to be, where that can be told.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import ftfy

from kg import sql
from kg.kinds import Text
from kg.namespaces import ID, SCHEME, expand
from kg.shacl.terms import parse_term
from kg.validation.fixed_messages import Message
from kg.work_tables import QUADS

MAX_TEXT_PROBLEMS: Final = 50_000
"""Values that are reported, at most; a source with more has one problem, not that many."""
LABEL_PROPERTY: Final = expand("skos:prefLabel")
HTML_ENTITY: Final = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
HTML_TAG: Final = r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>"
MOJIBAKE: Final = r"[ÂÃÄÅâðÐÑ][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
"""Two bytes of UTF-8 read as two letters of Windows-1252."""
REPLACEMENT_CHARACTER: Final = r"\x{FFFD}"
INVISIBLE_CHARACTER: Final = (
    r"[\x{80}-\x{9F}\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}"
    r"\x{FEFF}]"
)
"""Signs without a shape: controls, soft hyphens, zero-width signs, directions."""
PLACEHOLDERS: Final = ("[nd]", "n/d", "#n/d", "n/a", "#n/a", "nan", "undefined")
"""Placeholders that stand for no value, in lower case."""
TEXT_PLACEHOLDERS: Final = (
    *(*PLACEHOLDERS, "nd", "n.d.", "na", "n.a.", "null", "none", "nil"),
    *("unknown", "inconnu", "inconnue", "non renseigné", "non renseignée"),
    *("non communiqué", "non disponible", "à compléter", "a completer", "à renseigner", "tbd"),
    *("xxx", "xxxx", "test", "?", "??", "???", "-", "--", "---", ".", "..", "...", "_", "/"),
)
"""Placeholders for an unknown value in texts, in lower case."""
PERSON_TITLE: Final = (
    r"(?:(?:M\.|MME?|ME|MR|Mme|Mlle|MLLE|Monsieur|Madame|MONSIEUR|MADAME) [A-ZÀ-Ý]"
    r"|M [A-ZÀ-Ý][^ ])"
)
"""How the name of a person begins. An M before another letter alone is an initial: M W S Union."""
ORGANISATION_NAMESPACE: Final = f"{ID}organisation/"
PLACEHOLDER_DATE: Final = "(?:1900-01-01|1899-12-3[01]|0001-01-01|9999-12-31)"
FORMULA_START: Final = r"(?:[=@]|[+\-][^0-9 ]|\\t)"
SOLE_TRADER_TERM: Final = f"<{SCHEME}cj/1000>"


def _join_escaped(texts: Sequence[str]) -> str:
    return "|".join(re.escape(each) for each in texts)


SUSPICIOUS_VALUE: Final = "|".join(
    (
        f'^"(?i:{_join_escaped(TEXT_PLACEHOLDERS)})"@',
        f'^"(?i:{_join_escaped(PLACEHOLDERS)})"$',
        f'^"{PERSON_TITLE}',
        f'^"{PLACEHOLDER_DATE}(?:T[0-9:]*Z?)?"',
        f'^"{FORMULA_START}',
        f'^".*(?:{HTML_ENTITY}|{HTML_TAG}|{MOJIBAKE}|{REPLACEMENT_CHARACTER}|'
        f"{INVISIBLE_CHARACTER})",
        f"^{re.escape(SOLE_TRADER_TERM)}$",
    )
)
ARABIC_OR_HEBREW: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
NEEDED_JOINER: Final = re.compile("(?<=[^\u0000-\u024f])[\u200c\u200d](?=[^\u0000-\u024f])")
"""Joiners between signs of other scripts, or in emoji: they have their use."""
INVISIBLE_CHARACTER_PATTERN: Final = re.compile(
    "[\u0080-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
WRITE_ADVICE: Final = Text("Écrivez « {} ».", "Write “{}”.")
PROBLEM_MESSAGES: Final = {
    "text-entity": Text(
        "Le texte contient des codes HTML au lieu de leurs signes.",
        "The text has HTML codes in the place of their signs.",
    ),
    "text-tag": Text("Le texte contient des balises HTML.", "The text has HTML tags."),
    "text-encoding": Text(
        "Des lettres sont abîmées : le texte a été lu dans un autre encodage que le sien.",
        "Letters are damaged: the text was read in another encoding than its own.",
    ),
    "text-lost": Text(
        "Une lettre est perdue : le signe � est à sa place.",
        "A letter is lost: the sign � stands in its place.",
    ),
    "text-hidden": Text(
        "Le texte contient des signes invisibles (largeur nulle, sens d'écriture, contrôle).",
        "The text has invisible signs (zero width, writing direction, control).",
    ),
    "text-placeholder": Text(
        "Cette valeur tient la place d'une valeur qui n'est pas connue.",
        "This value stands in the place of one that is not known.",
    ),
    "date-placeholder": Text(
        "Cette date est celle qu'écrivent les logiciels quand il n'y en a pas.",
        "This date is what programs write where there is none.",
    ),
    "text-formula": Text(
        "Le nom commence comme une formule : un tableur l'exécuterait.",
        "The name begins like a formula: a spreadsheet would run it.",
    ),
    "person-name": Text(
        "Le nom de cette organisation est celui d'une personne.",
        "The name of this organisation is that of a person.",
    ),
    "person-sole-trader": Text(
        "C'est un entrepreneur individuel : son nom est celui d'une personne.",
        "This is a sole trader: its name is that of a person.",
    ),
}
DISCLOSURE_ADVICE: Final = Text(
    "Ne la publiez que si elle est diffusible (statutDiffusion O) et relève de l'ESS ; sinon "
    "retirez la ligne.",
    "Publish it only if it may be shown (statutDiffusion O) and belongs to the social economy; "
    "else remove the line.",
)
PROBLEM_ADVICE: Final = {
    "text-lost": Text(
        "Reprenez le nom dans le fichier d'origine.", "Take the name from the original file."
    ),
    "text-placeholder": Text("Videz la cellule.", "Empty the cell."),
    "date-placeholder": Text(
        "Videz la cellule si la date n'est pas connue.", "Empty the cell if the date is not known."
    ),
    "text-formula": Text(
        "Vérifiez le nom ; s'il s'écrit ainsi, il n'y a rien à faire.",
        "Check the name; if it is written so, there is nothing to do.",
    ),
    "person-name": DISCLOSURE_ADVICE,
    "person-sole-trader": DISCLOSURE_ADVICE,
}


@dataclass(frozen=True)
class TextProblem:
    """Value that is hardly meant."""

    record: int
    subject: str
    predicate: str
    object: str
    problem: str
    message: Message


def find_text_problems(db: duckdb.DuckDBPyConnection) -> list[TextProblem]:
    """The values of the accepted records that are hardly meant."""
    rows = db.execute(
        f"SELECT record, s, p, o FROM {QUADS} WHERE record IS NOT NULL "
        # what a source says of itself is quoted: a mention is written as its text writes it
        f"AND NOT starts_with(s, {sql.literal(ID + 'source/')}) "
        f"AND regexp_matches(o, {sql.literal(SUSPICIOUS_VALUE)}) ORDER BY record, s, p, o LIMIT "
        f"{MAX_TEXT_PROBLEMS}"
    ).fetchall()
    problems = []
    for record, subject, predicate, term in rows:
        value = str(getattr(parse_term(term), "value", term))
        for problem, meant in _iter_problems(subject, predicate, term, value):
            advice = PROBLEM_ADVICE.get(problem) or _write_repair_advice(meant)
            message = Message(PROBLEM_MESSAGES[problem], advice)
            problems.append(TextProblem(record, subject, predicate, term, problem, message))
    return problems


def _write_repair_advice(meant: str) -> Text:
    repaired = " ".join(meant.split())[:200]
    return Text(WRITE_ADVICE.fr.format(repaired), WRITE_ADVICE.en.format(repaired))


def _iter_problems(
    subject: str, predicate: str, term: str, value: str
) -> Iterator[tuple[str, str]]:
    """The problems of a value, each with the repaired text."""
    if term == SOLE_TRADER_TERM:
        yield "person-sole-trader", ""
    elif not term.startswith('"'):
        return
    elif value.strip().casefold() in TEXT_PLACEHOLDERS:
        yield "text-placeholder", ""
    elif re.match(PLACEHOLDER_DATE, value) and "^^" in term:
        yield "date-placeholder", ""
    else:
        if predicate == LABEL_PROPERTY and re.match(FORMULA_START, value):
            yield "text-formula", ""
        if (
            predicate == LABEL_PROPERTY
            and subject.startswith(ORGANISATION_NAMESPACE)
            and re.match(PERSON_TITLE, value)
        ):
            yield "person-name", ""
        yield from _iter_damages(value)


def _iter_damages(value: str) -> Iterator[tuple[str, str]]:
    """The problems of markup and encoding in a text, each with the repaired text."""
    meant = repair_text(value)
    if re.search(HTML_ENTITY, value) and html.unescape(value) != value:
        yield "text-entity", meant
    elif re.search(HTML_TAG, value):
        yield "text-tag", meant
    elif ftfy.fix_encoding(value) != value:
        yield "text-encoding", meant
    elif "\ufffd" in value:
        yield "text-lost", meant
    elif _strip_invisible(value) != value:
        yield "text-hidden", meant


def repair_text(value: str) -> str:
    """A text without the damage that can be undone."""
    plain = re.sub(HTML_TAG, "", html.unescape(value))
    return _strip_invisible(ftfy.fix_encoding(plain)).strip()


def _strip_invisible(value: str) -> str:
    """A text without invisible characters, except those that its script needs."""
    if ARABIC_OR_HEBREW.search(value):
        return re.sub("[\u00ad\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]", "", value)
    needed = {match.start() for match in NEEDED_JOINER.finditer(value)}
    return "".join(
        sign
        for n, sign in enumerate(value)
        if n in needed or not INVISIBLE_CHARACTER_PATTERN.match(sign)
    )
