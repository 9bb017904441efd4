"""View model of the page of a passage: the source, the place in it, and what was read there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import pyoxigraph as ox

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.page_context import build_page_context
from api.views.passages import PASSAGE_PATTERN, parse_passages
from api.views.relations import FACT_CLASS
from api.views.statements import Facts
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import group_by_subject
from kg.kinds import Text
from kg.namespaces import ID, RDF_TYPE, expand

LEFT_OUT = frozenset(
    map(
        expand,
        ("rdf:type", "prov:wasDerivedFrom", "ess:assertion", "dct:conformsTo", "dct:identifier"),
    )
)
"""What is no fact: what a node is, where it was read and by which key its reader calls it."""
SUBJECT, PREDICATE, OBJECT = map(expand, ("rdf:subject", "rdf:predicate", "rdf:object"))


@dataclass(frozen=True)
class ReadStatements:
    """What was read there of one record: property, then its values."""

    record: LinkedText
    facts: tuple[tuple[str, tuple[LinkedText, ...]], ...]


def render_passage_page(
    variant: Representation,
    source: EntityDocument,
    name: str,
    fragment: str,
    told: Sequence[ox.Triple],
    labels: Mapping[str, Text],
) -> str:
    """The page of a passage.

    `told` are the statements of the nodes that were derived from it, `labels` those of their IRIs.
    """
    site = build_page_context(variant)
    names = LabelResolver(site, labels)
    [place] = parse_passages([f"{source.iri}#{fragment}"], names)
    begin, _, end = fragment.removeprefix("char=").partition(",")
    length = _read_number(source.facts, "ess:textLength")
    return render_page(
        "passage.html",
        site.language,
        site=site,
        title=site.t("passage"),
        source=LinkedText(names.resolve_label(source.iri), site.href(f"/source/{name}")),
        place=", ".join(place.places),
        characters=place.characters,
        begin=int(begin) if begin.isdigit() else 0,
        end=int(end) if end.isdigit() else 0,
        length=length,
        sections=_find_sections(source, begin, end, names),
        original=names.resolve_all(source.facts.get(expand("dcat:landingPage"), ())),
        licence=names.resolve_all(source.facts.get(expand("dct:license"), ())),
        rights=names.resolve_all(source.facts.get(expand("dct:rights"), ())),
        records=_group_by_record(group_by_subject(told), names),
    )


def _find_sections(
    source: EntityDocument, begin: str, end: str, names: LabelResolver
) -> list[LinkedText]:
    """The headings of the sections that a passage is in, in the order of the text.

    None where the source names no sections, as where its text has no headings.
    """
    if not (begin.isdigit() and end.isdigit()):
        return []
    sections = []
    for part in source.facts.get(expand("dct:hasPart"), ()):
        match = PASSAGE_PATTERN.fullmatch(getattr(part, "value", ""))
        if match is None or not match["start"]:
            continue
        first, last = int(match["start"]), int(match["end"])
        if first < int(end) and int(begin) < last:
            titles = source.by_subject.get(match[0], {}).get(expand("dct:title"), ())
            sections += [(first, names.resolve(title)) for title in titles]
    return [title for _, title in sorted(sections, key=itemgetter(0))]


def _read_number(facts: Facts, name: str) -> int:
    values = [getattr(v, "value", "") for v in facts.get(expand(name), ())]
    return next((int(value) for value in values if value.isdigit()), 0)


def _is_part(value: Value) -> bool:
    """Whether a value is a node of a record, such as an address."""
    iri = value.value if isinstance(value, ox.NamedNode) else ""
    return iri.startswith(ID) and "#" in iri


def _group_by_record(nodes: Mapping[str, Facts], names: LabelResolver) -> list[ReadStatements]:
    by_record: dict[str, dict[str, dict[str, LinkedText]]] = {}
    for iri, facts in sorted(nodes.items()):
        record = iri.partition("#")[0]
        if FACT_CLASS in facts.get(RDF_TYPE, ()):  # a statement about the record, reified
            pairs = [
                (predicate.value, value)
                for predicate in facts.get(PREDICATE, ())
                if isinstance(predicate, ox.NamedNode)
                for value in facts.get(OBJECT, ())
            ]
            subjects = (s.value for s in facts.get(SUBJECT, ()) if isinstance(s, ox.NamedNode))
            record = next(subjects, record).partition("#")[0]
        else:
            pairs = [
                (predicate, value)
                for predicate, values in facts.items()
                if predicate not in LEFT_OUT
                for value in names.select_spoken(values)
            ]
        for predicate, value in pairs:
            if (
                isinstance(value, ox.NamedNode)
                and value.value.startswith(ID)
                and "#" in value.value
            ):
                continue  # a part of the record, which comes with statements of its own
            told = names.resolve(value)
            by_record.setdefault(record, {}).setdefault(
                names.resolve_label(predicate), {}
            ).setdefault(told.text, told)
    return [
        ReadStatements(
            names.resolve(ox.NamedNode(record)),
            tuple((title, tuple(values.values())) for title, values in facts.items()),
        )
        for record, facts in by_record.items()
    ]
