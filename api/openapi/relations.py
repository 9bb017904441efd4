"""OpenAPI parameters of the lists of the relations of a record."""

from typing import Any, Final

from api.openapi.lists import describe_common_parameters
from kg.formats import CSV, HTML, JSON, JSON_LD, N_TRIPLES, RDF_XML, TURTLE

_FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD, CSV, N_TRIPLES, RDF_XML)


def _describe_number(name: str, text: str, most: int) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "description": text,
        "schema": {"type": "integer", "minimum": 1, "maximum": most},
    }  # fmt: skip


RELATION_PARAMETERS: Final = [
    {
        "name": "group", "in": "query", "schema": {"type": "string"},
        "description": "A group of the relations, as the JSON names it: a table of relations, or a "
        "property and the kind of the records that state it. Without it, the largest.",
        "example": "memberships",
    },
    {
        "name": "q", "in": "query", "schema": {"type": "string", "maxLength": 200},
        "description": "Words of the name of the record at the other end.",
    },
    {
        "name": "on", "in": "query", "schema": {"type": "string"}, "example": "2016-05-31",
        "description": "A day, month or year on which they last; those without dates stay, unless "
        "the record at the other end began later or had ended.",
    },
    _describe_number("page", "The number of the page.", 1_000_000),
    _describe_number("limit", "Relations of a page.", 1_000),
    *describe_common_parameters(_FORMATS),
]  # fmt: skip
