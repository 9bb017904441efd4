"""View models of the pages of the model: code lists and shapes, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.http.links import build_url
from api.views.jinja import render_page
from api.views.labels import LinkedText, Value
from api.views.page_context import PageContext
from kg.documents.discrepancies import group_by_subject
from kg.formats import ENTITY_FORMATS
from kg.iris import build_concept_iri
from kg.kinds import KIND_BY_NAME, KINDS, Kind, Text
from kg.namespaces import RDF_TYPE, SCHEME, expand, shorten

Facts = Mapping[str, Sequence[Value]]
ListCounts = Sequence[tuple[Kind, str, Mapping[str, int]]]
"""Kind, column and the number of records by code, of the lists that a code list filters."""

SEVERITIES: Final = ("Violation", "Warning", "Info")
LABEL: Final = expand("rdfs:label")


def list_formats(path: str) -> list[tuple[str, str, str]]:
    """Name, address and media type of the other formats of a document of the model."""
    return [(f.name, f"{build_url(path)}.{f.extension}", f.media_type) for f in ENTITY_FORMATS[1:]]


def read_text(facts: Facts, name: str) -> Text:
    """A text of a term in the languages that it has."""
    found = {v.language: v.value for v in facts.get(name, ()) if isinstance(v, ox.Literal)}
    plain = found.get(None) or found.get("") or ""
    return Text.with_fallback(found.get("fr"), found.get("en"), plain)


@dataclass(frozen=True)
class Code:
    """A concept of a code list."""

    notation: str
    label: str
    heading: str
    """The label, marked where it is in another language than the page."""
    definition: str
    above: LinkedText | None
    depth: int
    uses: tuple[tuple[str, str, int], ...]
    """(text, address, number) of each list that it filters."""


def render_scheme_page(
    triples: Sequence[ox.Triple],
    name: str,
    counts: ListCounts,
    records: Mapping[str, int],
    site: PageContext,
) -> str:
    """The page of a code list: its concepts, with links to the records that have each.

    `records` is the number of each kind: a list with the name of one has records as concepts.
    """
    nodes = group_by_subject(triples)
    iri = SCHEME + name
    facts = nodes.get(iri, {})
    codes = _build_codes(nodes, name, counts, site)
    return render_page(
        "scheme.html",
        site.language,
        site=site,
        title=site.localize(read_text(facts, expand("dct:title"))) or name,
        about=site.localize(read_text(facts, expand("dct:description"))),
        path=f"/scheme/{name}",
        iri=iri,
        codes=codes,
        used=any(code.uses for code in codes),
        of_kind=KIND_BY_NAME.get(name),
        number=records.get(name, len(codes)),
        formats=list_formats(f"/scheme/{name}"),
    )


def render_concept_page(
    triples: Sequence[ox.Triple], name: str, code: str, counts: ListCounts, site: PageContext
) -> str:
    """The page of one concept: what it means, what is above and under it, who has it."""
    nodes = group_by_subject(triples)
    codes = {each.notation: each for each in _build_codes(nodes, name, counts, site)}
    own = codes[code]
    iri = build_concept_iri(name, code)
    under = [
        each
        for each in codes.values()
        if each.above is not None and each.above.href == site.href(f"/scheme/{name}/{code}")
    ]
    scheme = read_text(nodes.get(SCHEME + name, {}), expand("dct:title"))
    return render_page(
        "concept.html",
        site.language,
        site=site,
        title=own.label,
        heading=own.heading,
        own=own,
        under=under,
        scheme=LinkedText(site.localize(scheme) or name, site.href(f"/scheme/{name}")),
        path=f"/scheme/{name}",
        iri=iri,
        formats=list_formats(f"/scheme/{name}/{code}"),
    )


def render_schemes_page(
    triples: Sequence[ox.Triple], records: Mapping[str, int], site: PageContext
) -> str:
    """The page of all code lists; `records` is the number of each kind: one may be a list too."""
    nodes = group_by_subject(triples)
    concepts: dict[str, int] = {}
    for iri in nodes:
        scheme, slash, code = iri.removeprefix(SCHEME).partition("/")
        if iri.startswith(SCHEME) and slash and code:
            concepts[scheme] = concepts.get(scheme, 0) + 1
    names = [iri.removeprefix(SCHEME) for iri in nodes if iri.startswith(SCHEME)]
    schemes = [
        {
            "href": site.href(f"/{name}" if name in records else f"/scheme/{name}"),
            "title": site.localize(read_text(nodes[SCHEME + name], expand("dct:title"))),
            "about": site.localize(read_text(nodes[SCHEME + name], expand("dct:description"))),
            "count": records.get(name) or concepts.get(name, 0),
        }
        for name in names
        if "/" not in name
    ]
    return render_page(
        "schemes.html",
        site.language,
        site=site,
        title=site.t("schemes_title"),
        schemes=sorted(schemes, key=lambda scheme: str(scheme["title"]).casefold()),
        formats=list_formats("/scheme"),
    )


def _build_codes(
    nodes: Mapping[str, Facts], name: str, counts: ListCounts, site: PageContext
) -> list[Code]:
    """The concepts of a list, those under another one after it."""
    prefix = f"{SCHEME}{name}/"
    broader = {
        iri: next(
            (
                v.value
                for v in facts.get(expand("skos:broader"), ())
                if isinstance(v, ox.NamedNode) and v.value.startswith(prefix)
            ),
            "",
        )
        for iri, facts in nodes.items()
        if iri.startswith(prefix)
    }
    under: dict[str, list[str]] = {}
    for iri, above in sorted(broader.items()):
        under.setdefault(above if above in broader else "", []).append(iri)
    codes: list[Code] = []
    waiting = [(iri, 0) for iri in reversed(under.get("", ()))]
    seen: set[str] = set()
    while waiting:
        iri, depth = waiting.pop()
        if iri in seen:
            continue
        seen.add(iri)
        codes.append(_build_code(iri, nodes, prefix, broader[iri], depth, counts, site))
        waiting += [(each, depth + 1) for each in reversed(under.get(iri, ()))]
    return codes


def _build_code(
    iri: str,
    nodes: Mapping[str, Facts],
    prefix: str,
    above: str,
    depth: int,
    counts: ListCounts,
    site: PageContext,
) -> Code:
    facts, notation = nodes[iri], iri.removeprefix(prefix)
    label = read_text(facts, expand("skos:prefLabel"))
    name = prefix.removeprefix(SCHEME).rstrip("/")
    over = None
    if above:
        text = read_text(nodes.get(above, {}), expand("skos:prefLabel"))
        code = above.removeprefix(prefix)
        over = LinkedText(
            site.localize(text) or code,
            site.href(f"/scheme/{name}/{code}"),
            language=site.foreign(text),
        )
    uses = tuple(
        (
            site.localize(kind.plural if number > 1 else kind.label).lower(),
            site.href(kind.path, [(column, notation)]),
            number,
        )
        for kind, column, numbers in counts
        if (number := numbers.get(notation, 0))
    )
    definition = site.spoken(read_text(facts, expand("skos:definition")))
    shown, heading = site.localize(label) or notation, site.spoken(label) or notation
    return Code(notation, shown, heading, definition, over, depth, uses)


@dataclass(frozen=True)
class Rule:
    """A rule of a shape, in words."""

    anchor: str
    """What its address leads to; empty for a rule of the shape itself."""
    field: str
    message: str
    severity: str


@dataclass(frozen=True)
class RuleGroup:
    """The rules of one sort of records."""

    name: str
    title: str
    applies_to: str
    rules: tuple[Rule, ...]


def render_shapes_page(
    files: Iterable[tuple[str, Sequence[ox.Triple]]], labels: Mapping[str, Text], site: PageContext
) -> str:
    """The page of the shapes: per file its shapes, and per shape its rules in words."""
    parts = [
        (name, groups) for name, triples in files if (groups := _list_rules(triples, labels, site))
    ]
    order = {kind.name: place for place, kind in enumerate(KINDS)}
    parts.sort(key=lambda part: (order.get(part[0], len(order)), part[0]))
    return render_page(
        "shapes.html",
        site.language,
        site=site,
        title=site.t("shapes_title"),
        parts=[
            {
                "name": name,
                "title": site.localize(KINDS[order[name]].plural)
                if name in order
                else groups[0].title,
                "groups": groups,
                "count": sum(len(group.rules) for group in groups),
            }
            for name, groups in parts
        ],
        formats=list_formats("/shapes"),
    )


def _list_rules(
    triples: Sequence[ox.Triple], labels: Mapping[str, Text], site: PageContext
) -> list[RuleGroup]:
    nodes = group_by_subject(triples)
    groups = []
    for iri, facts in sorted(nodes.items()):
        if ox.NamedNode(expand("sh:NodeShape")) not in facts.get(RDF_TYPE, ()):
            continue
        rules = [_build_rule("", facts, site)] if _says_something(facts, site) else []
        for name in ("sh:property", "sh:sparql"):
            for value in facts.get(expand(name), ()):
                rule_iri = getattr(value, "value", "")
                own = nodes.get(rule_iri, {})
                if _says_something(own, site):
                    rules.append(_build_rule(rule_iri.partition("#")[2], own, site))
        targets = [
            labels[v.value][site.language] if v.value in labels else shorten(v.value)
            for name in ("sh:targetClass", "sh:targetSubjectsOf", "sh:targetObjectsOf")
            for v in facts.get(expand(name), ())
            if isinstance(v, ox.NamedNode)
        ]
        if rules:
            title = site.localize(read_text(facts, LABEL)) or iri.rpartition("#")[2]
            rules.sort(key=lambda rule: SEVERITIES.index(rule.severity))
            name = iri.rpartition("#")[2]
            groups.append(RuleGroup(name, title, ", ".join(targets), tuple(rules)))
    return groups


def _says_something(facts: Facts, site: PageContext) -> bool:
    return bool(site.localize(read_text(facts, expand("sh:message"))))


def _build_rule(anchor: str, facts: Facts, site: PageContext) -> Rule:
    severity = next(
        (v.value for v in facts.get(expand("sh:severity"), ()) if isinstance(v, ox.NamedNode)), ""
    ).rpartition("#")[2]
    return Rule(
        anchor,
        site.localize(read_text(facts, expand("sh:name"))),
        site.localize(read_text(facts, expand("sh:message"))),
        severity if severity in SEVERITIES else SEVERITIES[0],
    )
