"""OpenAPI schema of the validation of files: request, examples and responses."""

from typing import Any, Final

from api.http.uploads import EXTENSION_BY_MEDIA_TYPE
from kg.formats import CSV, HTML, JSON, MULTIPART, TEXT, TURTLE, Format

REPORT_FORMATS: Final = (JSON, HTML, CSV, TURTLE, TEXT)
FORM_FIELDS: Final = ("table", "lang", "format")

REPORT_EXAMPLE: Final[dict[str, Any]] = {
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
TABLE_EXAMPLE: Final = (
    "id,label_fr,kind\nx-une,Une association,association\n,Sans clé,association\n"
)
GRAPH_EXAMPLE: Final = (
    "<https://w3id.org/ess-kg/id/organisation/x-une> a <http://www.w3.org/ns/org#Organization> ."
)
FORM_SCHEMA: Final = {
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
        "format": {"type": "string", "enum": [f.extension for f in REPORT_FORMATS]},
    },
}


def _describe_body(media_type: str) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    examples = {CSV.media_type: TABLE_EXAMPLE, TURTLE.media_type: GRAPH_EXAMPLE}
    if media_type in examples:
        return {"schema": {"type": "string"}, "example": examples[media_type]}
    return content


def _describe_response(form: Format) -> dict[str, Any]:
    if form == JSON:
        return {"schema": {"type": "object"}, "example": REPORT_EXAMPLE}
    return {"schema": {"type": "string"}}


REQUEST_DESCRIPTION: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A form with one or several files, or one file with its Content-Type.",
        "content": {
            MULTIPART.media_type: {"schema": FORM_SCHEMA},
            **{media_type: _describe_body(media_type) for media_type in EXTENSION_BY_MEDIA_TYPE},
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
         "schema": {"type": "string", "enum": [f.extension for f in REPORT_FORMATS]},
         "description": "Instead of `Accept`."},
    ],
}  # fmt: skip
RESPONSE_DESCRIPTIONS: Final[dict[int | str, Any]] = {
    200: {
        "description": "The report, whether or not rows would be refused.",
        "content": {f.media_type: _describe_response(f) for f in REPORT_FORMATS},
    }
}
