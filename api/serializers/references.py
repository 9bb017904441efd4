"""Bibliographic reference of a publication, and its serializers: BibTeX, RIS, CSL-JSON.

Specifications: https://www.bibtex.com/format/, https://en.wikipedia.org/wiki/RIS_(file_format),
https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
import pyoxigraph as ox

from kg.catalogue.edtf import DOUBTS, SEASON
from kg.catalogue.records import Item
from kg.catalogue.text_analysis import build_natural_sort_key
from kg.documents.assemble import EntityDocument
from kg.documents.jsonld import Value
from kg.formats import BIBTEX, CSL_JSON, RIS, Format
from kg.iris import build_concept_iri
from kg.kinds import Text
from kg.namespaces import SCHEME, expand

REFERENCE_FORMATS: Final = (BIBTEX, RIS, CSL_JSON)
ROLES: Final = ("author", "editor", "translator")
DOI_ADDRESS: Final = "https://doi.org/"
TYPES: Final[Mapping[str, tuple[str, str, str]]] = {
    "article": ("article", "article", "GEN"),
    "blog-article": ("post-weblog", "misc", "BLOG"),
    "book": ("book", "book", "BOOK"),
    "book-chapter": ("chapter", "incollection", "CHAP"),
    "edited-book": ("book", "book", "BOOK"),
    "interview": ("interview", "misc", "GEN"),
    "journal-article": ("article-journal", "article", "JOUR"),
    "news-item": ("article-newspaper", "article", "NEWS"),
    "press-article": ("article-newspaper", "article", "NEWS"),
    "proceedings": ("book", "proceedings", "CONF"),
    "report": ("report", "techreport", "RPRT"),
    "study": ("report", "techreport", "RPRT"),
    "thesis": ("thesis", "thesis", "THES"),
    "web-article": ("webpage", "misc", "ELEC"),
    "website": ("webpage", "misc", "ELEC"),
    "workshop-report": ("report", "techreport", "RPRT"),
}
"""Kind of publication to its type in CSL, BibTeX and RIS."""
OTHER_TYPE: Final = ("document", "misc", "GEN")
CONTAINER_FIELDS: Final = {"article": "journal", "misc": "howpublished", "techreport": "note"}
"""BibTeX entry to the field that its styles print of what it is in; elsewhere `booktitle`."""
PUBLISHER_FIELDS: Final = {"techreport": "institution", "thesis": "school"}
"""The same of who publishes it; elsewhere `publisher`."""
UNSAFE_IN_BIBTEX: Final = str.maketrans("", "", "{}\\")
DATE_PATTERN: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(\d{2}))?)?")
"""A year, a month or a day: what the formats can say of a date."""
SEASON_BASE: Final = 20
"""What EDTF adds to the number of a season: 21 is spring, the first one."""


@dataclass(frozen=True)
class Contributor:
    """Somebody who made a publication; an organisation has a name alone."""

    iri: str
    """Empty where the name alone is known."""
    name: str
    given: str = ""
    family: str = ""

    @property
    def inverted(self) -> str:
        """The name as it sorts: `Family, Given`."""
        return f"{self.family}, {self.given}" if self.family and self.given else self.name


@dataclass(frozen=True)
class Reference:
    """What a publication is cited by; what is not known is empty."""

    key: str
    kind: str
    title: str
    language: str
    issued: str
    """As written, in EDTF."""
    contributors: Mapping[str, Sequence[Contributor]]
    """By role (`ROLES`), in the order of the publication."""
    container: str
    publisher: str
    place: str
    doi: str
    isbn: str
    url: str

    @property
    def authors(self) -> Sequence[Contributor]:
        return self.contributors["author"]

    @property
    def date_parts(self) -> tuple[str, ...]:
        """Year, month and day, as far as they are known; of a period, those of its beginning."""
        begin = DOUBTS.sub("", self.issued.partition("/")[0])
        if season := SEASON.fullmatch(begin):
            return (season[1],)
        match = DATE_PATTERN.fullmatch(begin)
        return tuple(part for part in match.groups() if part) if match else ()

    @property
    def address(self) -> str:
        """Where it is found: its DOI, else its page."""
        return f"{DOI_ADDRESS}{self.doi}" if self.doi else self.url


def read_reference(
    entity: EntityDocument,
    item: Item,
    labels: Mapping[str, Text],
    find_item: Callable[[str], Item | None],
    language: str,
) -> Reference:
    """The reference of a publication, from its document; `labels` are of the IRIs in it."""
    cells = {name: values[0] for name, values in item.cells.items() if values}
    own = cells.get("language", "")
    identifiers = _read_identifiers(entity)

    def name(predicate: str) -> str:
        found = _list_values(entity.facts, predicate)
        return ", ".join(labels[iri][language] for iri in found if iri in labels)

    return Reference(
        item.key,
        cells.get("kind", ""),
        item.label[own if own in ("fr", "en") else language],
        own,
        cells.get("issued", ""),
        _read_contributors(entity, labels, find_item, language),
        name("dct:isPartOf") or name("ess:publishedIn"),
        name("dct:publisher"),
        name("ess:placeOfPublication"),
        identifiers.get("doi", "").removeprefix(DOI_ADDRESS),
        identifiers.get("isbn", ""),
        cells.get("url", ""),
    )


def _read_identifiers(entity: EntityDocument) -> dict[str, str]:
    """The identifiers by their scheme; the first of each."""
    found: dict[str, str] = {}
    prefix = f"{SCHEME}identifier-scheme/"
    for link in _list_values(entity.facts, "adms:identifier"):
        node = entity.by_subject.get(link, {})
        values = _list_values(node, "skos:notation")
        for scheme in _list_values(node, "dct:conformsTo"):
            if values:
                found.setdefault(scheme.removeprefix(prefix), values[0])
    return found


def _read_contributors(
    entity: EntityDocument,
    labels: Mapping[str, Text],
    find_item: Callable[[str], Item | None],
    language: str,
) -> dict[str, list[Contributor]]:
    roles = {build_concept_iri("authorship-role", role): role for role in ROLES}
    found: list[tuple[tuple[float, Any], str, Contributor]] = []
    for iri, facts in entity.by_subject.items():
        codes = _list_values(facts, "ess:authorshipRole")
        role = next((roles[code] for code in codes if code in roles), "")
        if not role or not iri.startswith(f"{entity.iri}#"):
            continue
        rank = next(iter(_list_values(facts, "vivo:rank")), "")
        order = float(rank) if rank.isdigit() else 1e6, build_natural_sort_key(iri)
        written = next(iter(_list_values(facts, "ess:nameAsWritten")), "")
        agents = _list_values(facts, "vivo:relates")
        for agent in [one for one in agents if one != entity.iri] or [""]:
            contributor = _read_contributor(agent, written, labels, find_item, language)
            if contributor.name:
                found.append((order, role, contributor))
    known = {contributor.iri for _, role, contributor in found if role == "author"}
    for creator in _list_values(entity.facts, "dct:creator"):
        if creator not in known:
            contributor = _read_contributor(creator, "", labels, find_item, language)
            found.append(((1e6, build_natural_sort_key("~")), "author", contributor))
    found.sort(key=lambda one: one[0])
    return {
        role: list(dict.fromkeys(who for _, own, who in found if own == role)) for role in ROLES
    }


def _list_values(facts: Mapping[str, Sequence[Value]], name: str) -> list[str]:
    """The values of a property, as texts."""
    return [
        v.value for v in facts.get(expand(name), ()) if isinstance(v, ox.NamedNode | ox.Literal)
    ]


def _read_contributor(
    iri: str,
    written: str,
    labels: Mapping[str, Text],
    find_item: Callable[[str], Item | None],
    language: str,
) -> Contributor:
    label = labels[iri][language] if iri in labels else written
    item = find_item(iri) if "/person/" in iri else None
    given, family = (
        next(iter(item.cells.get(name, ())), "") if item else ""
        for name in ("given_name", "family_name")
    )
    return Contributor(iri, label or written, given, family)


def serialize_reference(reference: Reference, syntax: Format) -> bytes:
    """The reference in one of the formats of reference managers."""
    if syntax == CSL_JSON:
        return orjson.dumps([_build_csl(reference)])
    text = _format_bibtex(reference) if syntax == BIBTEX else _format_ris(reference)
    return text.encode()


def _build_csl(reference: Reference) -> dict[str, Any]:
    issued: dict[str, Any] = {"literal": reference.issued} if reference.issued else {}
    if reference.date_parts and "/" not in reference.issued:
        issued = {"date-parts": [[int(part) for part in reference.date_parts]]}
        if season := SEASON.fullmatch(DOUBTS.sub("", reference.issued)):
            issued["season"] = int(season[2]) - SEASON_BASE
        if DOUBTS.search(reference.issued):
            issued["circa"] = True
    item = {
        "id": reference.key,
        "type": TYPES.get(reference.kind, OTHER_TYPE)[0],
        "title": reference.title,
        **{
            role: [
                {"family": one.family, "given": one.given}
                if one.family and one.given
                else {"literal": one.name}
                for one in contributors
            ]
            for role, contributors in reference.contributors.items()
        },
        "issued": issued,
        "container-title": reference.container,
        "publisher": reference.publisher,
        "publisher-place": reference.place,
        "language": reference.language,
        "DOI": reference.doi,
        "ISBN": reference.isbn,
        "URL": reference.url,
    }
    return {name: value for name, value in item.items() if value}


def _format_bibtex(reference: Reference) -> str:
    entry = TYPES.get(reference.kind, OTHER_TYPE)[1]
    parts = reference.date_parts
    container, publisher = reference.container, reference.publisher
    if entry == "misc" and not container:  # no style prints the publisher of one
        container, publisher = publisher, ""
    fields = {
        "title": f"{{{_escape_bibtex(reference.title)}}}",
        **{
            role: " and ".join(_name_in_bibtex(one) for one in contributors)
            for role, contributors in reference.contributors.items()
        },
        "year": parts[0] if parts else "",
        "month": str(int(parts[1])) if len(parts) > 1 else "",
        CONTAINER_FIELDS.get(entry, "booktitle"): _escape_bibtex(container),
        PUBLISHER_FIELDS.get(entry, "publisher"): _escape_bibtex(publisher),
        "address": _escape_bibtex(reference.place),
        "language": reference.language,
        "doi": _quote_in_bibtex(reference.doi),
        "isbn": _escape_bibtex(reference.isbn),
        "url": _quote_in_bibtex(reference.url),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{entry}{{{reference.key},\n{lines}}}\n"


def _name_in_bibtex(contributor: Contributor) -> str:
    """A name; what has no given name is kept together by braces."""
    name = _escape_bibtex(contributor.inverted)
    return name if contributor.inverted != contributor.name else f"{{{name}}}"


def _quote_in_bibtex(address: str) -> str:
    """An address or a DOI, which programs take as it is: no sign of TeX is written otherwise."""
    return quote(address, safe=string.punctuation.translate(UNSAFE_IN_BIBTEX))


def _escape_bibtex(text: str) -> str:
    """A value on one line, without what ends a field; signs of TeX are written as TeX has them."""
    plain = _flatten(text).translate(UNSAFE_IN_BIBTEX)
    return re.sub(r"([&%$#_])", r"\\\1", plain)


def _format_ris(reference: Reference) -> str:
    parts = reference.date_parts
    tags = {"author": "AU", "editor": "ED", "translator": "A4"}
    lines = [
        ("TY", TYPES.get(reference.kind, OTHER_TYPE)[2]),
        ("ID", reference.key),
        ("TI", reference.title),
        *(
            (tags[role], one.inverted)
            for role, contributors in reference.contributors.items()
            for one in contributors
        ),
        ("PY", parts[0] if parts else ""),
        ("DA", "/".join((*parts, "", "")[:3]) + "/" if parts else ""),
        ("T2", reference.container),
        ("PB", reference.publisher),
        ("CY", reference.place),
        ("LA", reference.language),
        ("DO", reference.doi),
        ("SN", reference.isbn),
        ("UR", reference.url),
    ]
    written = "".join(f"{tag}  - {_flatten(value)}\r\n" for tag, value in lines if value)
    return f"{written}ER  - \r\n"


def _flatten(text: str) -> str:
    return " ".join(text.split())
