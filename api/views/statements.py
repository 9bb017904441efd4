"""Statements about an entity that are texts: definitions, claims, proposals, rules, anomalies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.views.labels import LabelResolver, LinkedText, Value
from api.views.passages import Passage, parse_passages
from api.views.qualified_relations import DERIVED_FROM, EDITORIAL_NOTE, read_assertion
from api.views.report_links import build_report_href
from kg.namespaces import RDF_TYPE, expand

Facts = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class StatementKind:
    """How a class of texts is read: where its words are, what qualifies it, who says it."""

    words: str
    kind: str = ""
    stated_by: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    """Properties that tell what the text is about."""
    owned: bool = False
    """Whether it is about the record whose address it is under."""


STATEMENT_KINDS: Final = {
    "definitions": ("ess:Definition", StatementKind("rdf:value", "ess:definitionScope",
                                           ("dct:creator", "dct:source"), owned=True)),
    "claims": ("ess:Claim", StatementKind("rdf:value", "", ("ess:assertedBy",),
                                          about=("dct:subject",))),
    "proposals": ("ess:Proposal", StatementKind("rdf:value", "", ("ess:proposedBy",),
                                       ("ess:proposalItem", "ess:addressedTo"),
                                       ("dct:subject",))),
    "rules": ("ess:Rule", StatementKind("rdf:value", "ess:ruleKind", (),
                               ("ess:minimum", "ess:maximum"), ("ess:appliesTo",))),
    "anomalies": ("ess:Anomaly", StatementKind("rdf:value", "ess:anomalyKind", (),
                                               ("ess:affects",))),
    "mentions": ("ess:Mention", StatementKind("ess:form")),
    "contact_points": ("schema:ContactPoint", StatementKind("schema:email", "",
                                                   ("ess:contactPerson",),
                                                   ("schema:contactType",))),
}  # fmt: skip


@dataclass(frozen=True)
class StatementText:
    """One text, who says it and where it was read."""

    about: tuple[LinkedText, ...]
    """What it speaks of, where that is not the page it stands on."""
    words: tuple[LinkedText, ...]
    kind: tuple[LinkedText, ...]
    stated_by: tuple[LinkedText, ...]
    details: tuple[LinkedText, ...]
    notes: tuple[LinkedText, ...]
    assertion: str
    passages: tuple[Passage, ...]
    report: str
    """The form for what is wrong with it."""


def list_statements(
    nodes: Mapping[str, Facts], names: LabelResolver, leave_out: str = ""
) -> dict[str, list[StatementText]]:
    """Table name to its texts, in the order of their sources."""
    rows_by_table: dict[str, list[StatementText]] = {}
    for table, (name, form) in STATEMENT_KINDS.items():
        rows = [
            _build_statement(node, facts, form, names, leave_out)
            for node, facts in sorted(nodes.items())
            if ox.NamedNode(expand(name)) in facts.get(RDF_TYPE, ())
        ]
        if rows:
            rows_by_table[table] = sorted(rows, key=_build_sort_key)
    return rows_by_table


def _build_statement(
    node: str,
    facts: Facts,
    form: StatementKind,
    names: LabelResolver,
    leave_out: str,
) -> StatementText:
    def resolve_properties(properties: Iterable[str]) -> tuple[LinkedText, ...]:
        return tuple(
            linked_text
            for name in properties
            if name
            for linked_text in names.resolve_all(
                [v for v in facts.get(expand(name), ()) if v != ox.NamedNode(leave_out or "urn:x")]
            )
        )

    owner = node.partition("#")[0]
    own = [names.resolve(ox.NamedNode(owner))] if form.owned and owner != leave_out else []
    read = [v.value for v in facts.get(DERIVED_FROM, ()) if isinstance(v, ox.NamedNode)]
    return StatementText(
        about=(*own, *resolve_properties(form.about)),
        words=resolve_properties([form.words]),
        kind=resolve_properties([form.kind]),
        stated_by=resolve_properties(form.stated_by),
        details=resolve_properties(form.details),
        notes=tuple(names.resolve_all(facts.get(EDITORIAL_NOTE, ()))),
        assertion=read_assertion(facts),
        passages=tuple(parse_passages(read, names)),
        report=build_report_href(names.site, leave_out, fact=node),
    )


def _build_sort_key(saying: StatementText) -> tuple[str, int]:
    if not saying.passages:
        return "", 0
    first = saying.passages[0]
    digits = "".join(first.places[:1]).rpartition(" ")[2].partition("–")[0]
    return first.name, int(digits) if digits.isdigit() else 0
