"""RDF serializer of a graph about one entity: any RDF syntax, or a JSON-LD tree."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.documents.discrepancies import group_by_subject
from kg.documents.jsonld import JsonLdContext, build_tree
from kg.formats import JSON_LD, Format
from kg.rdf.serialize import serialize_graph

CONTEXT_PATH: Final = "/context.jsonld"


def serialize_rdf(
    triples: Sequence[ox.Triple], root: str, syntax: Format, context: JsonLdContext, origin: str
) -> bytes:
    """A graph about the entity `root` in an RDF format; `origin` is that of this installation."""
    if syntax != JSON_LD:
        return serialize_graph(triples, syntax)
    tree: dict[str, Any] = build_tree(
        group_by_subject(triples), root, context, origin + CONTEXT_PATH
    )
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2)
