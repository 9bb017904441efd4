"""OpenAPI parameters of paths and networks."""

from typing import Any, Final

from api.openapi.lists import describe_common_parameters
from kg.formats import GEXF, GRAPHML, HTML, JSON

_FORMATS: Final = (HTML, JSON, GEXF, GRAPHML)


def _describe_end(name: str, text: str, example: str) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "schema": {"type": "string", "maxLength": 200},
        "description": text, "example": example,
    }  # fmt: skip


PATH_PARAMETERS: Final = [
    _describe_end("from", "A record: kind and key, address or name.", "organisation/iness"),
    _describe_end("to", "The other record, likewise.", "organisation/clicc"),
    {
        "name": "through", "in": "query", "explode": True, "example": ["territory/country-FR"],
        "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
        "description": "Records with very many links that paths may lead through.",
    },
    {
        "name": "hubs", "in": "query", "schema": {"type": "string", "enum": ["1"]},
        "description": "Lets paths lead through all such records.",
    },
    *describe_common_parameters(_FORMATS),
]  # fmt: skip
NETWORK_PARAMETERS: Final = [
    {
        "name": "relation", "in": "query", "schema": {"type": "string"},
        "description": "The key of a relation of the network.", "example": "has-speaker",
    },
    {
        "name": "on", "in": "query", "schema": {"type": "string"}, "example": "2016-05-31",
        "description": "A day, month or year on which links last; those without dates stay.",
    },
    *describe_common_parameters(_FORMATS),
]  # fmt: skip
