"""How the check of files is told in the OpenAPI description."""

from typing import Any, Final

from api.uploads import EXTENSION_OF
from kg.formats import CSV, HTML, JSON, MULTIPART, TEXT, TURTLE, Format

FORMATS: Final = (JSON, HTML, CSV, TURTLE, TEXT)
OPTIONS: Final = ("table", "lang", "format")

EXAMPLE: Final[dict[str, Any]] = {
    "conforms": False,
    "checked_with": "93fb325f35e30d5d",
    "counts": {"read": 2, "accepted": 1, "refused": 1, "warned": 0, "suggested": 0, "unjudged": 0},
    "problems": [
        {
            "severity": "Violation",
            "refused": True,
            "message": {"fr": "La clé est vide.", "en": "The key is empty."},
            "table": "organisations",
            "column": "id",
            "heading": "id",
            "letter": "A",
            "count": 1,
            "examples": [{"file": "organisations.csv", "row": 3, "value": "", "label": "Une"}],
        }
    ],
}
TABLE_FILE: Final = "id,label_fr,kind\nx-une,Une association,association\n,Sans clé,association\n"
GRAPH_FILE: Final = (
    "<https://w3id.org/ess-kg/id/organisation/x-une> a <http://www.w3.org/ns/org#Organization> ."
)
FILES: Final = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "Tables or RDF, checked together.",
        },
        "table": {
            "type": "string",
            "description": "The canonical table the rows are; without it, found from the headings.",
            "example": "organisations",
        },
        "lang": {"type": "string", "enum": ["fr", "en"], "default": "fr"},
        "format": {"type": "string", "enum": [f.extension for f in FORMATS]},
    },
}


def _raw(media_type: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    examples = {CSV.media_type: TABLE_FILE, TURTLE.media_type: GRAPH_FILE}
    if media_type in examples:
        return {"schema": {"type": "string"}, "example": examples[media_type]}
    return content


def _answer(form: Format) -> dict[str, Any]:
    if form == JSON:
        return {"schema": {"type": "object"}, "example": EXAMPLE}
    return {"schema": {"type": "string"}}


REQUEST: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A form with one or several files, or one file with its Content-Type.",
        "content": {
            MULTIPART.media_type: {"schema": FILES},
            **{media_type: _raw(media_type) for media_type in EXTENSION_OF},
        },
    },
    "parameters": [
        {"name": "table", "in": "query", "schema": {"type": "string"},
         "description": "The canonical table the rows are.", "example": "organisations"},
        {"name": "name", "in": "query", "schema": {"type": "string"},
         "description": "What the file is called, where it is the body.",
         "example": "organisations.csv"},
        {"name": "lang", "in": "query",
         "schema": {"type": "string", "enum": ["fr", "en"], "default": "fr"},
         "description": "Language of the report."},
        {"name": "format", "in": "query",
         "schema": {"type": "string", "enum": [f.extension for f in FORMATS]},
         "description": "Instead of `Accept`."},
    ],
}  # fmt: skip
RESPONSES: Final[dict[int | str, Any]] = {
    200: {
        "description": "The report, whether or not rows would be refused.",
        "content": {f.media_type: _answer(f) for f in FORMATS},
    }
}
