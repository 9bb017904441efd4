"""View models of the pages of the model: the ontology, code lists and shapes, in words."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.http.links import build_url
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.model_diagram import build_diagram
from api.views.page_context import PageContext
from api.views.void_counts import VoidCounts
from kg.documents.discrepancies import group_by_subject
from kg.formats import ENTITY_FORMATS
from kg.iris import build_concept_iri
from kg.kinds import KINDS, Kind, Text
from kg.namespaces import ONTOLOGY, RDF_TYPE, SCHEME, expand, shorten

Facts = Mapping[str, Sequence[Value]]
ListCounts = Sequence[tuple[Kind, str, Mapping[str, int]]]
"""Kind, column and the number of records by code, of the lists that a code list filters."""

CLASS_TYPES: Final = (expand("owl:Class"), expand("rdfs:Class"))
SEVERITIES: Final = ("Violation", "Warning", "Info")
COMMENT, LABEL = expand("rdfs:comment"), expand("rdfs:label")
SUBCLASS, DOMAIN, RANGE = expand("rdfs:subClassOf"), expand("rdfs:domain"), expand("rdfs:range")


@dataclass(frozen=True)
class Term:
    """A class or a property as its page shows it."""

    anchor: str
    curie: str
    iri: str
    label: str
    comment: str
    count: int
    above: tuple[LinkedText, ...]
    domain: tuple[LinkedText, ...]
    range: tuple[LinkedText, ...]
    kind: Kind | None
    """The kind whose records are its instances."""
    properties: tuple[LinkedText, ...]
    """Those of its instances, the most frequent first."""
    example: tuple[LinkedText, ...]
    """A record of the class, or the two things that the property links."""
    query: str
    """The address of a query that lists instances or statements."""


MAX_PROPERTIES: Final = 14


def render_ontology_page(
    triples: Sequence[ox.Triple],
    reused: Sequence[ox.Triple],
    counts: VoidCounts,
    examples: Mapping[str, Sequence[str]],
    labels: Mapping[str, Text],
    site: PageContext,
) -> str:
    """The page of the ontology: a diagram, then classes and properties.

    `examples` are IRIs by term; `labels` are those of records.
    """
    own, taken = group_by_subject(triples), group_by_subject(reused)
    every = {**taken, **own}
    names = LabelResolver(
        site, {**labels, **{iri: _read_text(facts, LABEL) for iri, facts in every.items()}}
    )
    kinds = {expand(kind.class_iri): kind for kind in KINDS}
    used = {*counts.classes, *counts.properties}
    shown = {iri for iri, facts in every.items() if _is_term(facts) and (iri in own or iri in used)}

    def build_terms(nodes: Mapping[str, Facts], are_classes: bool) -> list[Term]:
        terms = [
            _build_term(iri, facts, shown, names, counts, examples, kinds, site)
            for iri, facts in nodes.items()
            if iri in shown and _is_class(facts) is are_classes
        ]
        return sorted(terms, key=lambda term: (term.label.casefold(), term.iri))

    title = next((facts for iri, facts in own.items() if iri.endswith("/ontology")), {})
    return render_page(
        "ontology.html",
        site.language,
        site=site,
        title=site.localize(_read_text(title, expand("dct:title"))) or site.t("ontology"),
        about=site.localize(_read_text(title, expand("dct:description"))),
        diagram=build_diagram(site),
        kinds=[
            (kind, counts.classes.get(iri, 0), f"#{_build_anchor(iri)}")
            for iri, kind in kinds.items()
        ],
        classes=build_terms(own, True),
        properties=build_terms(own, False),
        taken_classes=build_terms(taken, True),
        taken_properties=build_terms(taken, False),
        formats=list_formats("/ontology"),
    )


def list_formats(path: str) -> list[tuple[str, str, str]]:
    """Name, address and media type of the other formats of a document of the model."""
    return [(f.name, f"{build_url(path)}.{f.extension}", f.media_type) for f in ENTITY_FORMATS[1:]]


def _build_anchor(iri: str) -> str:
    """The anchor of a term: of our own, what its address leads to."""
    if iri.startswith(f"{ONTOLOGY}#"):
        return iri.removeprefix(f"{ONTOLOGY}#")
    return f"term-{shorten(iri).replace(':', '-')}"


def _is_term(facts: Facts) -> bool:
    types = [v.value for v in facts.get(RDF_TYPE, ()) if isinstance(v, ox.NamedNode)]
    return any(t in CLASS_TYPES or t.endswith("Property") for t in types)


def _is_class(facts: Facts) -> bool:
    return any(
        isinstance(v, ox.NamedNode) and v.value in CLASS_TYPES for v in facts.get(RDF_TYPE, ())
    )


def _build_term(
    iri: str,
    facts: Facts,
    shown: AbstractSet[str],
    names: LabelResolver,
    counts: VoidCounts,
    examples: Mapping[str, Sequence[str]],
    kinds: Mapping[str, Kind],
    site: PageContext,
) -> Term:
    curie = shorten(iri)

    def link_terms(name: str) -> tuple[LinkedText, ...]:
        values = [v.value for v in facts.get(name, ()) if isinstance(v, ox.NamedNode)]
        return tuple(_link_term(value, shown, names) for value in values)

    properties = [p for p in counts.properties_of.get(iri, ()) if p != RDF_TYPE]
    return Term(
        anchor=_build_anchor(iri),
        curie=curie,
        iri=iri,
        label=names.resolve_label(iri),
        comment=site.localize(_read_text(facts, COMMENT)),
        count=(counts.classes if _is_class(facts) else counts.properties).get(iri, 0),
        above=link_terms(SUBCLASS),
        domain=link_terms(DOMAIN),
        range=link_terms(RANGE),
        kind=kinds.get(iri),
        properties=tuple(_link_term(p, shown, names) for p in properties[:MAX_PROPERTIES]),
        example=tuple(names.resolve(ox.NamedNode(each)) for each in examples.get(iri, ())),
        query=site.href("/sparql", [("query", _write_query(iri, facts)), ("format", "html")]),
    )


def _link_term(iri: str, shown: AbstractSet[str], names: LabelResolver) -> LinkedText:
    return LinkedText(names.resolve_label(iri), f"#{_build_anchor(iri)}" if iri in shown else "")


def _write_query(iri: str, facts: Facts) -> str:
    """A query that lists what a term is used for."""
    label = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
    if _is_class(facts):
        return (
            f"{label}SELECT ?thing ?name WHERE {{\n  ?thing a <{iri}> .\n"
            "  OPTIONAL { ?thing skos:prefLabel ?name }\n}\nLIMIT 100"
        )
    return f"SELECT ?thing ?value WHERE {{\n  ?thing <{iri}> ?value .\n}}\nLIMIT 100"


def _read_text(facts: Facts, name: str) -> Text:
    found = {v.language: v.value for v in facts.get(name, ()) if isinstance(v, ox.Literal)}
    plain = found.get(None) or found.get("") or ""
    return Text.with_fallback(found.get("fr"), found.get("en"), plain)


@dataclass(frozen=True)
class Code:
    """A concept of a code list."""

    notation: str
    label: str
    definition: str
    above: LinkedText | None
    depth: int
    uses: tuple[tuple[str, str, int], ...]
    """(text, address, number) of each list that it filters."""


def render_scheme_page(
    triples: Sequence[ox.Triple], name: str, counts: ListCounts, site: PageContext
) -> str:
    """The page of a code list: its concepts, with links to the records that have each."""
    nodes = group_by_subject(triples)
    iri = SCHEME + name
    facts = nodes.get(iri, {})
    codes = _build_codes(nodes, name, counts, site)
    return render_page(
        "scheme.html",
        site.language,
        site=site,
        title=site.localize(_read_text(facts, expand("dct:title"))) or name,
        about=site.localize(_read_text(facts, expand("dct:description"))),
        path=f"/scheme/{name}",
        iri=iri,
        codes=codes,
        used=any(code.uses for code in codes),
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
    scheme = _read_text(nodes.get(SCHEME + name, {}), expand("dct:title"))
    return render_page(
        "concept.html",
        site.language,
        site=site,
        title=own.label,
        heading=site.spoken(_read_text(nodes.get(iri, {}), expand("skos:prefLabel"))) or own.label,
        own=own,
        under=under,
        scheme=LinkedText(site.localize(scheme) or name, site.href(f"/scheme/{name}")),
        path=f"/scheme/{name}",
        iri=iri,
        formats=list_formats(f"/scheme/{name}/{code}"),
    )


def render_schemes_page(triples: Sequence[ox.Triple], site: PageContext) -> str:
    """The page of all code lists."""
    nodes = group_by_subject(triples)
    concepts: dict[str, int] = {}
    for iri in nodes:
        scheme, slash, code = iri.removeprefix(SCHEME).partition("/")
        if iri.startswith(SCHEME) and slash and code:
            concepts[scheme] = concepts.get(scheme, 0) + 1
    schemes = [
        {
            "name": iri.removeprefix(SCHEME),
            "title": site.localize(_read_text(facts, expand("dct:title"))),
            "about": site.localize(_read_text(facts, expand("dct:description"))),
            "count": concepts.get(iri.removeprefix(SCHEME), 0),
        }
        for iri, facts in nodes.items()
        if iri.startswith(SCHEME) and "/" not in iri.removeprefix(SCHEME)
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
    label = _read_text(facts, expand("skos:prefLabel"))
    name = prefix.removeprefix(SCHEME).rstrip("/")
    over = None
    if above:
        text = site.localize(_read_text(nodes.get(above, {}), expand("skos:prefLabel")))
        code = above.removeprefix(prefix)
        over = LinkedText(text or code, site.href(f"/scheme/{name}/{code}"))
    uses = tuple(
        (
            site.localize(kind.plural if number > 1 else kind.label).lower(),
            site.href(kind.path, [(column, notation)]),
            number,
        )
        for kind, column, numbers in counts
        if (number := numbers.get(notation, 0))
    )
    definition = site.localize(_read_text(facts, expand("skos:definition")))
    return Code(notation, site.localize(label) or notation, definition, over, depth, uses)


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
            title = site.localize(_read_text(facts, LABEL)) or iri.rpartition("#")[2]
            rules.sort(key=lambda rule: SEVERITIES.index(rule.severity))
            name = iri.rpartition("#")[2]
            groups.append(RuleGroup(name, title, ", ".join(targets), tuple(rules)))
    return groups


def _says_something(facts: Facts, site: PageContext) -> bool:
    return bool(site.localize(_read_text(facts, expand("sh:message"))))


def _build_rule(anchor: str, facts: Facts, site: PageContext) -> Rule:
    severity = next(
        (v.value for v in facts.get(expand("sh:severity"), ()) if isinstance(v, ox.NamedNode)), ""
    ).rpartition("#")[2]
    return Rule(
        anchor,
        site.localize(_read_text(facts, expand("sh:name"))),
        site.localize(_read_text(facts, expand("sh:message"))),
        severity if severity in SEVERITIES else SEVERITIES[0],
    )
