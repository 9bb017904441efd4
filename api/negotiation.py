"""Which representation and which language a request wants (RFC 9110, section 12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from starlette.requests import Request

from api.errors import NotAcceptable
from kg.errors import BadRequest
from kg.formats import (
    ATOM,
    CSVW,
    GEOJSON,
    HTML,
    JSON,
    JSON_LD,
    N_TRIPLES,
    PROBLEM,
    RDF_XML,
    SPARQL_JSON,
    SPARQL_XML,
    TURTLE,
    Format,
    by_extension,
)

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")

# Names that clients use for a format beside its own; a format comes first under its own name.
ALIASES: Final = {
    "application/json": (JSON, SPARQL_JSON, GEOJSON, JSON_LD, CSVW, PROBLEM),
    "application/xml": (SPARQL_XML, RDF_XML, ATOM),
    "text/xml": (SPARQL_XML, RDF_XML),
    "application/x-turtle": (TURTLE,),
    "text/rdf+n3": (TURTLE,),
    "text/plain": (N_TRIPLES,),
    "application/xhtml+xml": (HTML,),
}
SHORT_NAMES: Final = {"json": "application/json", "xml": "application/xml"}
"""Values of `format=` beside extensions and media types."""


@dataclass(frozen=True)
class Range:
    """One entry of an Accept header; parameters other than `q` say nothing about us."""

    media_type: str
    quality: float

    @property
    def specificity(self) -> int:
        return 0 if self.media_type == "*/*" else 1 if self.media_type.endswith("/*") else 2

    def covers(self, candidate: str) -> bool:
        if self.specificity == 0:
            return True
        if self.specificity == 1:
            return candidate.startswith(self.media_type[:-1])
        return candidate == self.media_type


def best(accept: str, offered: Sequence[Format]) -> Format:
    """The offered format that an Accept header prefers; of equals, the one offered first.

    Raises NotAcceptable where the header excludes them all.
    """
    ranges = _ranges(accept)
    if not ranges:
        return offered[0]
    chosen = max(offered, key=lambda f: _quality(ranges, f))
    if _quality(ranges, chosen) <= 0:
        raise NotAcceptable(
            f"none of what is accepted ({accept}) is available here; available: "
            + ", ".join(f.media_type for f in offered)
        )
    return chosen


def choose(request: Request, offered: Sequence[Format], asked: str | None = None) -> Format:
    """The format of an answer: the one asked for by name, else the one `Accept` prefers.

    `asked` is a suffix, or the value of a `format` parameter: an extension, `json`, `xml` or a
    media type. Raises BadRequest where it is none of those offered.
    """
    if not asked:
        return best(request.headers.get("accept", ""), offered)
    found = by_extension(asked, tuple(offered)) or _named(SHORT_NAMES.get(asked, asked), offered)
    if found is None:
        raise BadRequest(
            f"format {asked!r} is not available here; available: "
            + ", ".join(f.extension for f in offered)
        )
    return found


def split_suffix(name: str, offered: Sequence[Format]) -> tuple[str, str | None]:
    """The name without its suffix and that suffix, where it is the extension of an offered format.

    A dot that is part of a name (`nafr2/01.11`) stays in it.
    """
    stem, dot, extension = name.rpartition(".")
    if dot and by_extension(extension, tuple(offered)):
        return stem, extension
    return name, None


def language(request: Request) -> Language:
    """The language of a page or message: `lang`, else what the browser prefers, else French."""
    asked = request.query_params.get("lang")
    if asked:
        found = next((known for known in LANGUAGES if known == asked), None)
        if found is None:
            raise BadRequest(f"lang={asked!r} is not available; available: {', '.join(LANGUAGES)}")
        return found
    return _preferred_language(request.headers.get("accept-language", ""))


@lru_cache(maxsize=1024)
def _preferred_language(header: str) -> Language:
    entries = sorted(_ranges(header), key=lambda entry: -entry.quality)
    for entry in entries:
        for known in LANGUAGES:
            if entry.quality > 0 and entry.media_type.split("-")[0] == known:
                return known
    return LANGUAGES[0]


@lru_cache(maxsize=1024)
def _ranges(header: str) -> tuple[Range, ...]:
    return tuple(_range(part) for part in header.split(",") if part.strip())


def _range(part: str) -> Range:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return Range(name, min(max(float(quality), 0.0), 1.0))
    except ValueError:
        return Range(name, 0.0)


def _quality(ranges: tuple[Range, ...], candidate: Format) -> float:
    """The quality of the most specific range that covers a format under any of its names."""
    named = [(candidate.media_type, 1.0)]
    named += [(alias, 0.99) for alias, formats in ALIASES.items() if candidate in formats]
    return max(_best_range(ranges, name) * weight for name, weight in named)


def _best_range(ranges: tuple[Range, ...], name: str) -> float:
    covering = [entry for entry in ranges if entry.covers(name)]
    return max(covering, key=lambda e: (e.specificity, e.quality)).quality if covering else 0.0


def _named(media_type: str, offered: Sequence[Format]) -> Format | None:
    aliases = ALIASES.get(media_type, ())
    exact = next((f for f in offered if f.media_type == media_type), None)
    return exact or next((f for f in offered if f in aliases), None)
