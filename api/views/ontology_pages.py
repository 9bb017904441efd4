"""View models of the pages of the ontology: an index of its terms, and a page of each term."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from api.http.links import build_url
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.model_diagram import build_diagram
from api.views.model_pages import Facts, list_formats, read_text
from api.views.page_context import PageContext
from api.views.void_counts import VoidCounts
from kg.csvw_tables import Table
from kg.documents.discrepancies import group_by_subject
from kg.documents.relation_types import list_named
from kg.formats import ENTITY_FORMATS, HTML
from kg.kinds import KINDS, Kind, Text
from kg.namespaces import ONTOLOGY, RDF_TYPE, expand, shorten

CLASS_TYPES: Final = (expand("owl:Class"), expand("rdfs:Class"))
COMMENT, LABEL = expand("rdfs:comment"), expand("rdfs:label")
SUBCLASS, SUBPROPERTY = expand("rdfs:subClassOf"), expand("rdfs:subPropertyOf")
DOMAIN, RANGE = expand("rdfs:domain"), expand("rdfs:range")
TARGET_CLASS, NODE_SHAPE = expand("sh:targetClass"), expand("sh:NodeShape")
CONCEPT: Final = expand("skos:Concept")
INDEX: Final = "/ontology"


def name_term(iri: str) -> str:
    """The name of a term in the addresses of pages: local of our own, with a prefix of others."""
    return iri.removeprefix(f"{ONTOLOGY}#") if iri.startswith(f"{ONTOLOGY}#") else shorten(iri)


def read_term_name(name: str) -> str:
    """The IRI of a term by that name."""
    return expand(name) if ":" in name else f"{ONTOLOGY}#{name}"


@dataclass(frozen=True)
class Vocabulary:
    """The terms of a release: our own, and those of other vocabularies that it uses."""

    own: Mapping[str, Facts]
    taken: Mapping[str, Facts]
    counts: VoidCounts

    @classmethod
    def read(
        cls, triples: Sequence[ox.Triple], reused: Sequence[ox.Triple], counts: VoidCounts
    ) -> "Vocabulary":
        """The vocabulary of two files; of terms of others, those that the release uses."""
        own, taken = group_by_subject(triples), group_by_subject(reused)
        used = {*counts.classes, *counts.properties}
        return cls(
            {iri: facts for iri, facts in own.items() if iri.startswith(f"{ONTOLOGY}#")},
            {i: f for i, f in taken.items() if _is_term(f) and i in used and i not in own},
            counts,
        )

    @cached_property
    def terms(self) -> Mapping[str, Facts]:
        return {**self.taken, **self.own}

    @cached_property
    def labels(self) -> Mapping[str, Text]:
        return {iri: read_text(facts, LABEL) for iri, facts in self.terms.items()}

    def is_class(self, iri: str) -> bool:
        return not set(CLASS_TYPES).isdisjoint(list_named(self.terms[iri], RDF_TYPE))

    def count(self, iri: str) -> int:
        """Instances of a class, statements of a property."""
        counts = self.counts.classes if self.is_class(iri) else self.counts.properties
        return counts.get(iri, 0)

    def list_terms_with(self, predicate: str, value: str) -> list[str]:
        """The terms that lead to another one by a property."""
        return [iri for iri, facts in self.terms.items() if value in list_named(facts, predicate)]


@dataclass(frozen=True)
class TermEntry:
    """A term in the index."""

    anchor: str
    curie: str
    label: str
    comment: str
    count: int
    href: str


def render_ontology_page(
    document: Sequence[ox.Triple],
    vocabulary: Vocabulary,
    records: Mapping[str, int],
    site: PageContext,
) -> str:
    """The index of the ontology: a diagram, then classes and properties with their sentences.

    `records` is the number of each kind: classes have more, such as concepts of code lists.
    """

    def build_entries(iris: Iterable[str], are_classes: bool) -> list[TermEntry]:
        entries = [
            TermEntry(
                _build_anchor(iri),
                shorten(iri),
                site.localize(vocabulary.labels[iri]) or shorten(iri),
                site.localize(read_text(vocabulary.terms[iri], COMMENT)),
                vocabulary.count(iri),
                _build_href(iri, site),
            )
            for iri in iris
            if vocabulary.is_class(iri) is are_classes
        ]
        return sorted(entries, key=lambda entry: (entry.label.casefold(), entry.curie))

    nodes = group_by_subject(document)
    about = next((facts for iri, facts in nodes.items() if iri.endswith("/ontology")), {})
    kinds = {expand(kind.class_iri): kind for kind in KINDS}
    return render_page(
        "ontology.html",
        site.language,
        site=site,
        title=site.localize(read_text(about, expand("dct:title"))) or site.t("ontology"),
        about=site.localize(read_text(about, expand("dct:description"))),
        diagram=build_diagram(site),
        kinds=[(kind, records[kind.name], _build_href(iri, site)) for iri, kind in kinds.items()],
        classes=build_entries(vocabulary.own, True),
        properties=build_entries(vocabulary.own, False),
        taken_classes=build_entries(vocabulary.taken, True),
        taken_properties=build_entries(vocabulary.taken, False),
        formats=list_formats(INDEX),
    )


def render_term_page(
    iri: str,
    vocabulary: Vocabulary,
    alignments: Sequence[ox.Triple],
    shapes: Sequence[ox.Triple],
    examples: Sequence[str],
    labels: Mapping[str, Text],
    records: Mapping[str, int],
    kinds: Sequence[Kind],
    site: PageContext,
) -> str:
    """The page of a term: what it means, what it goes with, how often it is used.

    `examples` are the IRIs of a record of a class, or of two things that a property links;
    `records` is the number of each kind, `kinds` are those whose records are all of the class.
    """
    facts = vocabulary.terms[iri]
    names = LabelResolver(site, {**labels, **vocabulary.labels})
    kind = next((kind for kind in KINDS if expand(kind.class_iri) == iri), None)
    is_class = vocabulary.is_class(iri)
    above = SUBCLASS if is_class else SUBPROPERTY
    stated = [p for p in vocabulary.counts.properties_of.get(iri, ()) if p != RDF_TYPE]

    def link_terms(iris: Iterable[str]) -> list[LinkedText]:
        return [_link_term(each, vocabulary, names) for each in iris]

    rows = [
        (site.t("is_a_kind_of"), link_terms(list_named(facts, above))),
        (site.t("narrower_terms"), _sort(link_terms(vocabulary.list_terms_with(above, iri)))),
        (site.t("said_of"), link_terms(list_named(facts, DOMAIN))),
        (site.t("leads_to"), link_terms(list_named(facts, RANGE))),
        (site.t("described_by"), link_terms(stated)),
        (site.t("led_to_by"), _sort(link_terms(vocabulary.list_terms_with(RANGE, iri)))),
        (
            site.t("other_vocabularies"),
            [LinkedText(shorten(t), t, external=True) for t in _align(iri, alignments)],
        ),
    ]
    name = name_term(iri)
    return render_page(
        "term.html",
        site.language,
        site=site,
        title=names.resolve_label(iri),
        is_class=is_class,
        curie=shorten(iri),
        iri=iri,
        comment=site.localize(read_text(facts, COMMENT)),
        rows=[(title, links) for title, links in rows if links],
        example=[names.resolve(ox.NamedNode(each)) for each in examples],
        of_kind=kind,
        count=vocabulary.count(iri),
        listed=records[kind.name] if kind else 0,
        others=_count_others(iri, kind, kinds, records, vocabulary.count(iri), site),
        query=site.href("/sparql", [("query", _write_query(iri, is_class)), ("format", "html")]),
        rules=[
            (site.localize(read_text(shape, LABEL)) or anchor, f"{site.href('/shapes')}#{anchor}")
            for anchor, shape in _find_shapes(iri, shapes)
        ],
        formats=[
            (f.name, f"{build_url(f'{INDEX}/{name}')}.{f.extension}", f.media_type)
            for f in ENTITY_FORMATS
            if f != HTML
        ],
    )


def find_kinds_of_class(iri: str, tables: Mapping[str, Table]) -> list[Kind]:
    """The kinds whose records are all of a class, beside the kind that is named after it."""
    return [
        kind
        for kind in KINDS
        if expand(kind.class_iri) != iri
        and kind.table in tables
        and any(
            column.predicate == "rdf:type" and column.value == shorten(iri) and not column.when
            for column in tables[kind.table].columns
        )
    ]


def _count_others(
    iri: str,
    kind: Kind | None,
    kinds: Sequence[Kind],
    records: Mapping[str, int],
    instances: int,
    site: PageContext,
) -> str:
    """What a class has beside the records of its list, in words; empty where that is nothing."""
    rest = instances - (records[kind.name] if kind else instances)
    named = []
    for other in kinds if rest > 0 else ():
        count = records[other.name]
        noun = other.label if count == 1 else other.plural
        named.append(f"{site.format_number(count)} {site.localize(noun).lower()}")
        rest -= records[other.name]
    if rest > 0:
        text = "class_codes" if iri == CONCEPT else "class_rest"
        named.append(site.ngettext(text, rest))
    return ", ".join(named)


def _sort(links: list[LinkedText]) -> list[LinkedText]:
    return sorted(links, key=lambda link: link.text.casefold())


def _align(iri: str, alignments: Sequence[ox.Triple]) -> list[str]:
    """The terms of other vocabularies that one is aligned with."""
    term = ox.NamedNode(iri)
    found = (t.object.value for t in alignments
             if t.subject == term and isinstance(t.object, ox.NamedNode))  # fmt: skip
    return list(dict.fromkeys(found))


def _find_shapes(iri: str, shapes: Sequence[ox.Triple]) -> list[tuple[str, Facts]]:
    """Anchor and statements of the shapes of a class."""
    return [
        (shape.partition("#")[2], facts)
        for shape, facts in group_by_subject(shapes).items()
        if iri in list_named(facts, TARGET_CLASS) and NODE_SHAPE in list_named(facts, RDF_TYPE)
    ]


def _build_anchor(iri: str) -> str:
    """The anchor of a term in the index: of our own, what its address leads to."""
    if iri.startswith(f"{ONTOLOGY}#"):
        return iri.removeprefix(f"{ONTOLOGY}#")
    return f"term-{shorten(iri).replace(':', '-')}"


def _build_href(iri: str, site: PageContext) -> str:
    return site.href(f"{INDEX}/{name_term(iri)}")


def _link_term(iri: str, vocabulary: Vocabulary, names: LabelResolver) -> LinkedText:
    if iri in vocabulary.terms:
        return LinkedText(names.resolve_label(iri), _build_href(iri, names.site))
    return LinkedText(shorten(iri))


def _is_term(facts: Facts) -> bool:
    types = list_named(facts, RDF_TYPE)
    return any(t in CLASS_TYPES or t.endswith("Property") for t in types)


def _write_query(iri: str, is_class: bool) -> str:
    """A query that lists what a term is used for."""
    label = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
    if is_class:
        return (
            f"{label}SELECT ?thing ?name WHERE {{\n  ?thing a <{iri}> .\n"
            "  OPTIONAL { ?thing skos:prefLabel ?name }\n}\nLIMIT 100"
        )
    return f"SELECT ?thing ?value WHERE {{\n  ?thing <{iri}> ?value .\n}}\nLIMIT 100"
