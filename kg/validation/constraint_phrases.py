"""Constraint phrases: each constraint and its parameters as the end of a sentence."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox

from kg.kinds import Text
from kg.namespaces import ID, SCHEME, shorten
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import Term
from kg.shacl.vocabulary import RDFS, SH, SHACL

MAX_LISTED_VALUES: Final = 12
"""Allowed values that a sentence lists, at most; of a longer list, it gives the first few."""
MAX_SHAPE_DEPTH: Final = 3
"""Depth to which nested shapes are described."""
DATATYPE_NAMES: Final = {
    "xsd:string": Text("un texte", "a text"),
    "xsd:boolean": Text("true ou false", "true or false"),
    "xsd:integer": Text("un nombre entier, par exemple 12", "a whole number, for example 12"),
    "xsd:nonNegativeInteger": Text("un nombre entier, 0 ou plus", "a whole number, 0 or more"),
    "xsd:positiveInteger": Text("un nombre entier, 1 ou plus", "a whole number, 1 or more"),
    "xsd:decimal": Text("un nombre, par exemple 12.5", "a number, for example 12.5"),
    "xsd:double": Text("un nombre, par exemple 12.5", "a number, for example 12.5"),
    "xsd:date": Text("une date, par exemple 2015-03-01", "a date, for example 2015-03-01"),
    "xsd:dateTime": Text(
        "une date et une heure, par exemple 2015-03-01T19:00:00+01:00",
        "a date and a time, for example 2015-03-01T19:00:00+01:00",
    ),
    "xsd:gYear": Text("une année, par exemple 2015", "a year, for example 2015"),
    "xsd:gYearMonth": Text("un mois, par exemple 2015-03", "a month, for example 2015-03"),
    "xsd:anyURI": Text("une adresse web", "a web address"),
    "rdf:langString": Text("un texte avec sa langue", "a text with its language"),
}
NODE_KIND_NAMES: Final = {
    "IRI": Text("une adresse (IRI)", "an address (IRI)"),
    "Literal": Text("un texte, un nombre ou une date", "a text, a number or a date"),
    "BlankNode": Text("un nœud anonyme", "an anonymous node"),
    "BlankNodeOrIRI": Text("une fiche, non un texte", "a record, not a text"),
    "IRIOrLiteral": Text("une adresse ou un texte", "an address or a text"),
    "BlankNodeOrLiteral": Text("un texte ou un nœud anonyme", "a text or an anonymous node"),
}
PHRASE_TEMPLATES: Final[Mapping[str, Text]] = {
    "class": Text("désigner une fiche de nature {}", "name a record of kind {}"),
    "minLength": Text("avoir au moins {} caractères", "have at least {} characters"),
    "maxLength": Text("avoir au plus {} caractères", "have at most {} characters"),
    "pattern": Text("avoir la forme {}", "have the form {}"),
    "minInclusive": Text("être au moins {}", "be at least {}"),
    "minExclusive": Text("être plus que {}", "be more than {}"),
    "maxInclusive": Text("être au plus {}", "be at most {}"),
    "maxExclusive": Text("être moins que {}", "be less than {}"),
    "hasValue": Text("comprendre {}", "include {}"),
    "equals": Text("être la même que pour {}", "be the same as for {}"),
    "disjoint": Text("être autre que pour {}", "be other than for {}"),
    "lessThan": Text("être avant celle de {}", "be before that of {}"),
    "lessThanOrEquals": Text("ne pas être après celle de {}", "not be after that of {}"),
    "minCount": Text("être donnée au moins {} fois", "be given at least {} times"),
    "maxCount": Text("être donnée au plus {} fois", "be given at most {} times"),
}
ConstraintPhrase: TypeAlias = Text
PhraseWriter: TypeAlias = Callable[["Shapes", tuple[Term, ...], int], "ConstraintPhrase | None"]


def write_constraint_phrase(
    shapes: Shapes, shape: Shape, parameter: str, depth: int = 0
) -> ConstraintPhrase | None:
    """Phrase of one constraint, to be read after “must”; None where there is none for it."""
    values = shape.parameters.get(parameter, ())
    if not values:
        return None
    if parameter in PHRASE_TEMPLATES:
        return fill_text(PHRASE_TEMPLATES[parameter], ", ".join(map(format_term, values)))
    writer = PHRASE_WRITERS.get(parameter)
    return writer(shapes, values, depth) if writer else None


def write_shape_phrase(shapes: Shapes, shape: Shape, depth: int = 0) -> ConstraintPhrase | None:
    """Phrase of all constraints of a shape; None where there is none."""
    if depth > MAX_SHAPE_DEPTH or shape.deactivated:
        return None
    phrases = [
        phrase
        for parameter in shape.parameters
        if (phrase := write_constraint_phrase(shapes, shape, parameter, depth)) is not None
    ]
    if not phrases:
        return None
    joined = _join_phrases(phrases, Text(" et ", " and "))
    if shape.path is None:
        return joined
    name = get_path_name(shape)
    return Text(f"pour {name.fr}, {joined.fr}", f"for {name.en}, {joined.en}")


def get_path_name(shape: Shape) -> Text:
    """Name of a property shape: its sh:name, else its property."""
    names = {
        v.language or "": v.value
        for v in shape.parameters.get("name", ())
        if isinstance(v, ox.Literal)
    }
    stated = shape.parameters.get("path", ())
    otherwise = names.get("") or (format_term(stated[0]) if stated else "")
    return Text(names.get("fr") or otherwise, names.get("en") or otherwise)


def format_term(term: Term) -> str:
    """A term of a shape as a person reads it."""
    if isinstance(term, ox.Literal):
        return term.value
    if isinstance(term, ox.BlankNode):
        return "…"
    for ours in (ID, SCHEME):
        if term.value.startswith(ours):
            return term.value.removeprefix(ours).rpartition("/")[2]
    return shorten(term.value)


def fill_text(text: Text, value: str) -> Text:
    """A text with its slot filled, whatever the value holds."""
    return Text(text.fr.replace("{}", value), text.en.replace("{}", value))


def _join_phrases(phrases: Iterable[Text], word: Text) -> Text:
    distinct = list(dict.fromkeys(phrases))
    return Text(word.fr.join(t.fr for t in distinct), word.en.join(t.en for t in distinct))


def _prefix_be(text: Text) -> Text:
    return Text(f"être {text.fr}", f"be {text.en}")


def _write_datatype(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase:  # noqa: ARG001
    name = format_term(values[0])
    return _prefix_be(DATATYPE_NAMES.get(name, Text(f"du type {name}", f"of the type {name}")))


def _write_node_kind(
    shapes: Shapes,  # noqa: ARG001
    values: tuple[Term, ...],
    depth: int,  # noqa: ARG001
) -> ConstraintPhrase | None:
    name = NODE_KIND_NAMES.get(format_term(values[0]).removeprefix("sh:"))
    return None if name is None else _prefix_be(name)


def _write_in(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase:  # noqa: ARG001
    items = [format_term(item) for item in shapes.graph.items(values[0])]
    if len(items) <= MAX_LISTED_VALUES:
        return fill_text(Text("être l'une de : {}", "be one of: {}"), ", ".join(items))
    first, count = ", ".join(items[:3]), len(items)
    return Text(
        f"être dans la liste permise ({count} valeurs, par exemple {first})",
        f"be in the allowed list ({count} values, for example {first})",
    )


def _write_languages(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase:  # noqa: ARG001
    items = ", ".join(format_term(item) for item in shapes.graph.items(values[0]))
    return fill_text(
        Text("être un texte dans une de ces langues : {}", "be a text in one of: {}"), items
    )


def _write_node(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase | None:
    phrases = [_write_shape(shapes, value, depth) for value in values]
    return (
        _join_phrases((t for t in phrases if t is not None), Text(" et ", " and "))
        if any(phrases)
        else None
    )


def _write_shape(shapes: Shapes, node: Term, depth: int) -> ConstraintPhrase | None:
    shape = shapes.by_node.get(node)
    if shape is None:
        return None
    if named := _get_label(shapes, shape):
        return Text(f"convenir à « {named.fr} »", f"fit “{named.en}”")
    return write_shape_phrase(shapes, shape, depth + 1)


def _get_label(shapes: Shapes, shape: Shape) -> Text | None:
    labels = {
        v.language or "": v.value
        for v in shapes.graph.values(shape.node, ox.NamedNode(RDFS + "label"))
        if isinstance(v, ox.Literal)
    }
    other = next(iter(labels.values()), "")
    return Text(labels.get("fr", other), labels.get("en", other)) if other else None


def _make_list_writer(word: Text) -> PhraseWriter:
    def write_list(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase | None:
        try:
            members = [item for head in values for item in shapes.graph.items(head)]
        except ShapesError:
            return None
        phrases = [_write_shape(shapes, member, depth) for member in members]
        if not phrases or any(t is None for t in phrases):
            return None
        return _join_phrases((t for t in phrases if t is not None), word)

    return write_list


def _write_not(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase | None:
    phrase = _write_node(shapes, values, depth)
    return None if phrase is None else Text(f"ne pas {phrase.fr}", f"not {phrase.en}")


def _write_xone(shapes: Shapes, values: tuple[Term, ...], depth: int) -> ConstraintPhrase | None:
    phrase = _make_list_writer(Text(" ; ", "; "))(shapes, values, depth)
    if phrase is None:
        return None
    return Text(f"remplir une seule condition : {phrase.fr}", f"meet only one of: {phrase.en}")


PHRASE_WRITERS: Final[Mapping[str, PhraseWriter]] = {
    "datatype": _write_datatype,
    "nodeKind": _write_node_kind,
    "in": _write_in,
    "languageIn": _write_languages,
    "node": _write_node,
    "property": _write_node,
    "qualifiedValueShape": _write_node,
    "not": _write_not,
    "and": _make_list_writer(Text(" et ", " and ")),
    "or": _make_list_writer(Text(" ou ", " or ")),
    "xone": _write_xone,
}


def get_parameter(component: str) -> str:
    """The parameter of a core component: `minCount` for sh:MinCountConstraintComponent."""
    name = component.removeprefix(SHACL).removesuffix("ConstraintComponent")
    return name[:1].lower() + name[1:]


def has_own_messages(shapes: Shapes, node: Term) -> bool:
    """Whether a shape has a message of its own."""
    return bool(shapes.graph.values(node, SH("message")))
