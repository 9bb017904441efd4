"""OpenAPI models and parameters of lists and search, kind by kind."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from kg.catalogue.filters import list_filter_columns
from kg.catalogue.record_search import MAX_PAGE_RECORDS
from kg.formats import Format
from kg.kinds import KIND_BY_NAME, Kind

KIND_EXAMPLES: Final = {
    "kind": {
        "organisation": "association", "cluster": "ptce", "territory": "commune",
        "event": "seminar", "place": "third-place", "publication": "book",
        "project": "research-project", "tool": "platform", "topic": "concept",
    },
}  # fmt: skip
VALUE_EXAMPLES: Final = {
    "territory": "commune-59350",
    "source": "inocrea",
    "assertion": "stated",
    "topics": "topic/ess",
    "language": "fr",
    "legal_form": "9220",
    "activity": "94.99Z",
    "ess_form": "association",
}


class Label(BaseModel):
    """A name in the languages it is stated in, French and English."""

    fr: str = Field("", examples=["Séminaire"])
    en: str = Field("", examples=["Seminar"])


class Named(BaseModel):
    """A name where it is stated, and what to call the thing in the language asked for."""

    label: Label
    name: str = Field(
        description="The name in the language asked for, else in the other one, else the key.",
        examples=["Séminaire"],
    )
    name_lang: str | None = Field(
        description="The language `name` is in, null where it is a key or a code.", examples=["fr"]
    )


class Record(Named):
    """A record of a list."""

    id: str = Field(examples=["https://w3id.org/ess-kg/id/event/inocrea-cycle"])
    url: str = Field(examples=["/event/inocrea-cycle"])
    kind: str = Field(examples=["event"])
    key: str = Field(examples=["inocrea-cycle"])
    begins: str | None = Field(
        description="The beginning as it is stated, no more precise than that (EDTF).",
        examples=["2010-11"],
    )
    ends: str | None = Field(description="The end as it is stated.", examples=["2010-12-02"])
    earliest: str | None = Field(
        description="The first moment it may begin at, on the clock of its place, as text that "
        "compares; lists are filtered by it.",
        examples=["2010-11-01"],
    )
    latest: str | None = Field(
        description="The last moment it may end at; null where it goes on.", examples=["2010-12-02"]
    )
    timezone: str | None = Field(
        description="The time zone of its place, where it has a time of day.",
        examples=["Europe/Paris"],
    )
    coordinates: list[float] | None = Field(description="Longitude, latitude.")
    point_of: str | None = Field(
        description="The record whose coordinates they are, where it has none of its own: its "
        "place, its commune or the only territory that it covers, whose points are no address.",
        examples=["territory/commune-59350"],
    )
    inferred: bool = Field(description="Whether no source states it.")
    sources: list[str] = Field(examples=[["inocrea"]])
    columns: dict[str, str | int | float | list[str | int | float]] = Field(
        description="The columns of the canonical table of the kind that have a value; numbers "
        "are numbers."
    )


class Value(Named):
    """One value of a facet and the number of records it would leave."""

    value: str
    count: int
    chosen: bool


class Facet(BaseModel):
    """The values of a column, counted under the other filters."""

    complete: bool = Field(description="False where less frequent values were left out.")
    unstated: int = Field(
        description="The number of records of which no value is stated: those that `-` keeps."
    )
    values: list[Value]


class CodedList(BaseModel):
    """A list filtered by a code, and the number of its records."""

    url: str
    kind: str
    count: int


class Code(Named):
    """A concept of a code list."""

    id: str
    url: str
    lists: list[CodedList]


class ListDocument(BaseModel):
    """A page of a list."""

    model_config = ConfigDict(title="List")

    kind: str
    release: str = Field(description="The release that answered.")
    total: int
    sort: str
    suggestion: str | None = Field(
        description="What `q` may have been meant to be, where no record has its words."
    )
    codes: list[Code] = Field(description="Codes of the code lists that `q` names.")
    links: dict[str, str] = Field(description="`self`, `first`, `next`.")
    items: list[Record]
    facets: dict[str, Facet]
    labels: dict[str, Label] = Field(
        description="Names of what the columns refer to, by address (`id/topic/ess`)."
    )


class Hit(Named):
    """A record found by a search."""

    id: str
    url: str
    kind: str
    key: str
    inferred: bool
    sources: list[str]


class SearchDocument(BaseModel):
    """The answer of a search."""

    model_config = ConfigDict(title="Search")

    q: str
    release: str
    suggestion: str | None = Field(
        description="What `q` may have been meant to be, where no record has all its words."
    )
    partial: bool = Field(description="Whether no record has all the words.")
    totals: dict[str, int] = Field(description="Matching records by kind.")
    items: list[Hit]
    codes: list[Code] = Field(description="Codes of the code lists that `q` names.")


def describe_list_parameters(kind: Kind, formats: tuple[Format, ...]) -> list[dict[str, Any]]:
    """The parameters of the list of a kind."""
    parameters = [
        _describe_parameter("q", "Words of the names, codes or descriptions.", "innovation sociale")
    ]
    parameters += [_describe_filter(kind, name) for name in list_filter_columns(kind)]
    if kind.dates:
        parameters += [
            _describe_parameter(
                "from", "Records whose dates meet the period from this day.", "2010"
            ),
            _describe_parameter(
                "to", "Records whose dates meet the period up to this day.", "2011-06"
            ),
            _describe_parameter(
                "begun", "Records that begin in this month, year, decade or range of years.", "2011"
            ),
        ]
    parameters += [
        _describe_parameter("bbox", "Box: west,south,east,north in degrees.", "2.2,48.8,2.5,48.9"),
        _describe_parameter("sort", "Order: " + ", ".join(_list_sorts(kind)) + ".", "label"),
        _describe_parameter("after", "Cursor of a page, from its `next` link.", None),
        {
            "name": "limit", "in": "query",
            "description": f"Records of a page, 1 to {MAX_PAGE_RECORDS}. "
            "CSV, GeoJSON and iCalendar give the whole list.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_RECORDS, "default": 50},
        },
        *describe_common_parameters(formats),
    ]  # fmt: skip
    return parameters


def describe_common_parameters(formats: tuple[Format, ...]) -> list[dict[str, Any]]:
    """Language and format, which every page knows."""
    return [
        {
            "name": "lang", "in": "query", "description": "Language of labels and order.",
            "schema": {"type": "string", "enum": ["fr", "en"], "default": "fr"},
        },
        {
            "name": "format", "in": "query", "description": "Instead of `Accept`.",
            "schema": {"type": "string", "enum": [f.extension for f in formats]},
        },
    ]  # fmt: skip


def describe_responses(model: type[BaseModel], formats: tuple[Format, ...]) -> dict[int | str, Any]:
    """The answers of an operation: the model for JSON, the other formats by name."""
    text_contents = {
        f.media_type: {"schema": {"type": "string"}}
        for f in formats
        if f.media_type != "application/json"
    }
    return {
        200: {"model": model, "description": "The page.", "content": text_contents},
        304: {"description": "The client's copy is good."},
        400: {"description": "A parameter cannot be used; the problem says which and why."},
        406: {"description": "No such representation."},
    }


def _list_sorts(kind: Kind) -> tuple[str, ...]:
    dates = ("date", "-date") if kind.dates else ()
    population = ("-population",) if "population" in kind.summary else ()
    return ("label", *dates, *population, "relevance (with q)")


def _describe_filter(kind: Kind, name: str) -> dict[str, Any]:
    description = {
        "territory": "Key of a territory at any level; everything inside it is listed.",
        "source": "Name of a source that speaks of the record.",
        "assertion": "Certainty: stated, inferred or external.",
    }.get(name, f"Value of the column `{name}`.")
    example = KIND_EXAMPLES.get(name, {}).get(kind.name) or VALUE_EXAMPLES.get(name)
    return {
        "name": name, "in": "query", "description": description + (" Repeat it to accept several "
            "values."),
        "schema": {"type": "array", "items": {"type": "string"}}, "explode": True,
        **({"example": [example]} if example else {}),
    }  # fmt: skip


def _describe_parameter(name: str, description: str, example: str | None) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": name, "in": "query", "description": description, "schema": {"type": "string"},
    }  # fmt: skip
    return parameter | ({"example": example} if example else {})


KIND_NAMES: Final = list(KIND_BY_NAME)
