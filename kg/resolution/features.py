"""Features of a record: what two records are compared by, from names and values as written."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from kg.catalogue.canonical_names import BRACKETED, build_key, canonicalize, parse_name
from kg.resolution.pairs import DescribedRecord

IDENTIFYING_SCHEMES: Final = frozenset(
    (
        "siren", "siret", "rna", "ror", "rnsr", "wikidata", "isni", "orcid", "idref", "idhal",
        "hal", "hal-structure", "doi", "issn", "uai", "finess", "grid",
    )
)  # fmt: skip
"""Schemes whose values name one thing; a thing may have several of one scheme."""
EXCLUSIVE_SCHEMES: Final = frozenset(("siren", "rna", "ror", "rnsr", "uai", "orcid"))
"""Schemes of which one thing has one value: two that differ speak of two things."""
SHARED_SITES: Final = frozenset(
    [
        "facebook.com",
        "fr-fr.facebook.com",
        "instagram.com",
        "linkedin.com",
        "fr.linkedin.com",
        "twitter.com",
        "x.com",
        "youtube.com",
        "helloasso.com",
        "sites.google.com",
        "wordpress.com",
        "blogspot.com",
        "wixsite.com",
        "github.com",
        "github.io",
        "gitlab.com",
        "les-scop.coop",
        "fablabs.io",
        "framasite.org",
        "mailchi.mp",
        "linktr.ee",
    ]
)
"""Sites on which many have a page: there the page tells, not the site."""
YEAR: Final = re.compile(r"\d{4}")
DAY: Final = re.compile(r"\d{4}-(?!01-01)\d{2}-\d{2}")
"""A day of which more is known than the year: the first of January stands for all of it."""
UNKNOWN_YEARS: Final = frozenset(("1900",))
MIN_INITIALS: Final = 3

SCHEMA: Final = pa.schema(
    [
        ("unique_id", pa.string()),
        ("source_dataset", pa.string()),
        ("kind", pa.string()),
        ("core", pa.string()),
        ("joined", pa.string()),
        ("words", pa.list_(pa.string())),
        ("names", pa.list_(pa.string())),
        ("initials", pa.list_(pa.string())),
        ("numbers", pa.string()),
        ("form", pa.string()),
        ("commune", pa.string()),
        ("department", pa.string()),
        ("country", pa.string()),
        ("site", pa.string()),
        ("year", pa.int32()),
        ("day", pa.string()),
        ("ids", pa.list_(pa.string())),
        ("exclusive", pa.list_(pa.string())),
        ("schemes", pa.list_(pa.string())),
    ]
)
"""The table of features; lists are empty where there is nothing, never null."""


def compute_features(record: DescribedRecord) -> Mapping[str, Any]:
    """The row of `SCHEMA` of a record."""
    names = dict.fromkeys(text for name in record.names for text in _take_brackets_off(name))
    parsed = [parse_name(name) for name in names]
    words = parsed[0].words if parsed else ()
    acronyms = {build_key(canonicalize(acronym)) for acronym in record.acronyms if acronym.strip()}
    forms = parsed[0].forms if parsed else ()
    ids = {
        (scheme, "".join(value.split()).lower())
        for scheme, value in record.identifiers
        if scheme in IDENTIFYING_SCHEMES
    }
    exclusive = {pair for pair in ids if pair[0] in EXCLUSIVE_SCHEMES}
    return {
        "unique_id": record.id,
        "source_dataset": record.dataset,
        "kind": record.kind,
        "core": build_key(words) or None,
        "joined": "".join(words) or None,
        "words": sorted(set(words)),
        "names": sorted({name.key for name in parsed} | acronyms),
        "initials": sorted(_find_initials(record, words)),
        "numbers": " ".join(sorted(word for word in words if word.isdigit())) or None,
        "form": forms[0] if len(forms) == 1 else None,
        "commune": record.commune or None,
        "department": find_department(record.commune) or None,
        "country": record.country or ("FR" if record.commune else None),
        "site": normalize_site(record.site) or None,
        "year": _parse_year(record.founded),
        "day": _parse_day(record.founded),
        "ids": sorted(f"{scheme}:{value}" for scheme, value in ids),
        "exclusive": sorted(f"{scheme}:{value}" for scheme, value in exclusive),
        "schemes": sorted({scheme for scheme, _ in exclusive}),
    }


def build_table(records: Iterable[DescribedRecord]) -> pa.Table:
    """The features of some records."""
    return pa.Table.from_pylist([dict(compute_features(each)) for each in records], schema=SCHEMA)


def find_department(commune: str) -> str:
    """The département of the INSEE code of a commune."""
    return commune[: 3 if commune.startswith("97") else 2]


def normalize_site(address: str) -> str:
    """The host of a web address, with its path where many have a page on one site."""
    parts = urlsplit(address if "//" in address else f"//{address}", scheme="https")
    host = (parts.hostname or "").removeprefix("www.")
    if not host or "." not in host:
        return ""
    on_shared = any(host == shared or host.endswith(f".{shared}") for shared in SHARED_SITES)
    if host in SHARED_SITES or (on_shared and host.count(".") < 2):
        path = parts.path.strip("/").lower()
        return f"{host}/{path}" if path else ""
    return host


def _take_brackets_off(name: str) -> Iterator[str]:
    """A name without what it has in brackets, then as it stands."""
    bare = BRACKETED.sub(" ", name).strip()
    if bare:
        yield bare
    if name.strip() and bare != name:
        yield name


def _find_initials(record: DescribedRecord, words: Sequence[str]) -> set[str]:
    """The acronyms of a record, those that its name gives among them."""
    given = {"".join(canonicalize(acronym)) for acronym in record.acronyms}
    own = "".join(word[0] for word in words)
    single = {"".join(words)} if len(words) == 1 else set()
    return {text for text in given | {own} | single if len(text) >= MIN_INITIALS}


def _parse_year(date: str) -> int | None:
    match = YEAR.match(date.strip())
    return int(match[0]) if match and match[0] not in UNKNOWN_YEARS else None


def _parse_day(date: str) -> str | None:
    match = DAY.match(date.strip())
    return match[0] if match and match[0][:4] not in UNKNOWN_YEARS else None
