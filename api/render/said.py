"""The texts that speak of a thing: definitions, claims, proposals, rules, anomalies, mentions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.render.names import Names, Thing, Value
from api.render.nodes import NOTE, READ, TYPE, assertion
from api.render.passages import Passage, passages
from api.render.site import Site
from kg.namespaces import expand

Facts = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class Form:
    """How a class of texts is read: where its words are, what qualifies it, who says it."""

    words: str
    kind: str = ""
    by: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    """Properties that tell what the text is about."""
    owned: bool = False
    """Whether it is about the record whose address it is under."""


FORMS: Final = {
    "definitions": ("ess:Definition", Form("rdf:value", "ess:definitionScope",
                                           ("dct:creator", "dct:source"), owned=True)),
    "claims": ("ess:Claim", Form("rdf:value", "", ("ess:assertedBy",), about=("dct:subject",))),
    "proposals": ("ess:Proposal", Form("rdf:value", "", ("ess:proposedBy",),
                                       ("ess:proposalItem", "ess:addressedTo"),
                                       ("dct:subject",))),
    "rules": ("ess:Rule", Form("rdf:value", "ess:ruleKind", (),
                               ("ess:minimum", "ess:maximum"), ("ess:appliesTo",))),
    "anomalies": ("ess:Anomaly", Form("rdf:value", "ess:anomalyKind", (), ("ess:affects",))),
    "mentions": ("ess:Mention", Form("ess:form")),
    "contact_points": ("schema:ContactPoint", Form("schema:email", "", ("ess:contactPerson",),
                                                   ("schema:contactType",))),
}  # fmt: skip


@dataclass(frozen=True)
class Saying:
    """One text, who says it and where it was read."""

    about: tuple[Thing, ...]
    """What it speaks of, where that is not the page it stands on."""
    words: tuple[Thing, ...]
    kind: tuple[Thing, ...]
    by: tuple[Thing, ...]
    more: tuple[Thing, ...]
    notes: tuple[Thing, ...]
    assertion: str
    passages: tuple[Passage, ...]


def sayings(
    nodes: Mapping[str, Facts], names: Names, site: Site, leave_out: str = ""
) -> dict[str, list[Saying]]:
    """Table name to its texts, in the order of their sources."""
    found: dict[str, list[Saying]] = {}
    for table, (name, form) in FORMS.items():
        rows = [
            _saying(node, facts, form, names, site, leave_out)
            for node, facts in sorted(nodes.items())
            if ox.NamedNode(expand(name)) in facts.get(TYPE, ())
        ]
        if rows:
            found[table] = sorted(rows, key=_reading_order)
    return found


def _saying(
    node: str, facts: Facts, form: Form, names: Names, site: Site, leave_out: str
) -> Saying:
    def shown(properties: Iterable[str]) -> tuple[Thing, ...]:
        return tuple(
            thing
            for name in properties
            if name
            for thing in names.things(
                [v for v in facts.get(expand(name), ()) if v != ox.NamedNode(leave_out or "urn:x")]
            )
        )

    owner = node.partition("#")[0]
    own = [names.thing(ox.NamedNode(owner))] if form.owned and owner != leave_out else []
    read = [v.value for v in facts.get(READ, ()) if isinstance(v, ox.NamedNode)]
    return Saying(
        about=(*own, *shown(form.about)),
        words=shown([form.words]),
        kind=shown([form.kind]),
        by=shown(form.by),
        more=shown(form.more),
        notes=tuple(names.things(facts.get(NOTE, ()))),
        assertion=assertion(facts),
        passages=tuple(passages(read, site)),
    )


def _reading_order(saying: Saying) -> tuple[str, int]:
    if not saying.passages:
        return "", 0
    first = saying.passages[0]
    digits = "".join(first.places[:1]).rpartition(" ")[2].partition("–")[0]
    return first.source, int(digits) if digits.isdigit() else 0
