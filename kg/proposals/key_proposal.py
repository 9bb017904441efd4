"""Key proposal: what tells the records of a file apart, and the numbers they have elsewhere."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg import sql
from kg.kinds import KIND_BY_TABLE, Text
from kg.proposals.column_evidence import describe_pattern
from kg.proposals.file_features import TableFeatures
from kg.proposals.known_headings import LOCAL_KEY_HEADINGS
from kg.sources.header_row import fold_heading

MIN_SHARE: Final = 0.5
"""The share of the values of a column that are numbers of a register, for it to be one of them."""
MIN_KEY_SHARE: Final = 0.1
"""The share of the rows that have a number, for it to be their key."""
REGISTER_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "organisations": ("siren", "siret", "rna", "ror"),
    "places": ("siret",),
    "people": ("orcid",),
}
"""Registers whose numbers are keys, for each table; the first that tells rows apart is taken."""
IDENTIFIER_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "organisations": ("siren", "siret", "rna", "ror", "wikidata"),
    "places": ("siret", "wikidata"),
    "people": ("orcid", "wikidata"),
    "publications": ("doi",),
}
CANONICAL_SQL: Final[Mapping[str, str]] = {
    "siren": "regexp_extract(clean_number({0}), '^\\d{{9}}$')",
    "siret": "regexp_extract(clean_number({0}), '^\\d{{14}}$')",
    "rna": "regexp_extract(upper(trim({0})), '^W[0-9A-Z]{{9}}$')",
    "ror": "regexp_extract({0}, '0[a-z0-9]{{8}}$')",
    "orcid": "regexp_extract({0}, '[0-9]{{4}}-[0-9]{{4}}-[0-9]{{4}}-[0-9]{{3}}[0-9X]$')",
    "wikidata": "regexp_extract({0}, 'Q[0-9]+$')",
    "doi": "regexp_extract(lower({0}), '10\\.[0-9]{{4,9}}/.+$')",
}
"""The number alone, nothing where the cell is none."""
KEY_OF_REGISTER: Final = Text("clé : numéro {}, unique", "key: {} number, unique")
KEY_OF_SOURCE: Final = Text(
    "clé : « {} », différente à chaque ligne", "key: “{}”, another one on every row"
)
KEY_OF_NAME: Final = Text(
    "clé tirée du nom : elle change si le nom change", "key out of the name: it changes with it"
)
KEY_OR_NAME: Final = Text(
    "clé : numéro {0} ({1} % des lignes), sinon {2}",
    "key: {0} number ({1} % of the rows), else {2}",
)
MAX_NAME_PARTS: Final = 3


@dataclass(frozen=True)
class KeyProposal:
    """The rule of `id`, why, and the identifiers that the records have besides."""

    rule: str
    headings: tuple[str, ...]
    reasons: tuple[Text, ...]
    score: float
    identifiers: tuple[tuple[str, str], ...] = ()
    """Scheme and heading."""
    key_sql: str = ""
    """What gives the key, for the tables that name the record."""


def find_register_columns(features: TableFeatures, table: str) -> dict[str, tuple[str, float]]:
    """For each scheme, the heading whose values are most its numbers, with their share."""
    found: dict[str, tuple[str, float]] = {}
    for scheme in IDENTIFIER_SCHEMES.get(table, ()):
        candidates = [
            (shares.get(scheme, 0.0), features.filled[heading], heading)
            for heading, shares in features.shares.items()
            if shares.get(scheme, 0.0) >= MIN_SHARE
        ]
        if candidates:
            share, _, heading = max(candidates, key=lambda each: each[:2])
            found[scheme] = (heading, share)
    return found


def propose_key(
    features: TableFeatures, table: str, name: str, label: str, place: tuple[str, ...] = ()
) -> KeyProposal | None:
    """The key of the rows of a table; None where nothing tells them apart.

    `label` is the heading of their names, `place` those that say where they are.
    """
    registers = find_register_columns(features, table)
    identifiers = tuple((scheme, heading) for scheme, (heading, _) in registers.items())
    own = _find_own_key(features, name, label, place)
    for scheme in REGISTER_PREFIXES.get(table, ()):
        if scheme not in registers:
            continue
        heading, share = registers[scheme]
        rows = features.opened.rows
        filled = features.filled[heading]
        if features.distinct[heading] < 0.98 * filled or filled < MIN_KEY_SHARE * rows:
            continue
        number = CANONICAL_SQL[scheme].format(sql.identifier(heading))
        prefix, value = scheme, f"nullif({number}, '')"
        if (table, scheme) == ("organisations", "siret"):
            prefix, value = "siren", f"nullif({number}[1:9], '')"
        key = f"'{prefix}-' || {value}"
        described = describe_pattern(scheme, share)
        if filled >= 0.98 * rows or own is None:
            reason = Text(
                KEY_OF_REGISTER.fr.format(scheme.upper()), KEY_OF_REGISTER.en.format(scheme.upper())
            )
            return _make(key, (heading,), (reason, described), 0.97, identifiers)
        percent = f"{100 * filled / rows:.0f}"
        reason = Text(
            KEY_OR_NAME.fr.format(scheme.upper(), percent, own.reasons[0].fr),
            KEY_OR_NAME.en.format(scheme.upper(), percent, own.reasons[0].en),
        )
        both = f"coalesce({key}, {own.key_sql})"
        return _make(both, (heading, *own.headings), (reason, described), 0.8, identifiers)
    if own is None:
        return None
    return KeyProposal(own.rule, own.headings, own.reasons, own.score, identifiers, own.key_sql)


def build_identifier_rules(
    table: str, proposal: KeyProposal, sheets: Sequence[str] = (), shown: str = ""
) -> Iterator[str]:
    """The entries of `[[map.identifiers]]` for each number that the records have.

    `sheets` are the lines that say which sheets of a workbook they are of, `shown` is the condition
    on the rows that may be shown.
    """
    kind = KIND_BY_TABLE[table].name
    for scheme, heading in proposal.identifiers:
        number = CANONICAL_SQL[scheme].format(sql.identifier(heading))
        value = f"nullif({number}, '')"
        condition = f"{number} <> '' AND {proposal.key_sql} IS NOT NULL"
        condition = f"{shown} AND {condition}" if shown else condition
        subject = f"'{kind}/' || {proposal.key_sql}"
        yield "\n".join(
            (
                "[[map.identifiers]]",
                *sheets,
                f"where = {_quote(condition)}",
                "[map.identifiers.columns]",
                f"subject = {{ sql = {_quote(subject)} }}",
                f'scheme = {{ value = "{scheme}" }}',
                f"value = {{ sql = {_quote(value)} }}",
                'assertion = { value = "stated" }',
            )
        )


def _find_own_key(
    features: TableFeatures, name: str, label: str, place: tuple[str, ...]
) -> KeyProposal | None:
    prefix = sql.literal(f"{name}-")
    for heading in features.opened.columns:
        last = fold_heading(heading.rpartition(".")[2])
        if last in LOCAL_KEY_HEADINGS and features.is_unique(heading):
            key = f"{prefix} || clean_slug({sql.identifier(heading)})"
            reason = Text(KEY_OF_SOURCE.fr.format(heading), KEY_OF_SOURCE.en.format(heading))
            return _make(key, (heading,), (reason,), 0.85, ())
    if not label:
        return None
    parts = [label] if features.is_unique(label) else [label, *place][:MAX_NAME_PARTS]
    pieces = " || '-' || ".join(f"clean_slug({sql.identifier(each)})" for each in parts[:1])
    for each in parts[1:]:
        pieces += f" || coalesce('-' || clean_slug({sql.identifier(each)}), '')"
    return _make(f"{prefix} || {pieces}", tuple(parts), (KEY_OF_NAME,), 0.6, ())


def _make(
    key: str,
    headings: tuple[str, ...],
    reasons: tuple[Text, ...],
    score: float,
    identifiers: tuple[tuple[str, str], ...],
) -> KeyProposal:
    return KeyProposal(f"{{ sql = {_quote(key)} }}", headings, reasons, score, identifiers, key)


def _quote(text: str) -> str:
    """A text between the quotes of TOML, plain ones where that can be."""
    return (
        f"'{text}'"
        if "'" not in text and text.isprintable()
        else json.dumps(text, ensure_ascii=False)
    )
