"""Content negotiation: the format and the language a request prefers (RFC 9110, section 12)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from starlette.requests import Request

from api.http.problems import NotAcceptable
from kg.errors import BadRequest, InvalidParameter, ParameterFault
from kg.formats import (
    ATOM,
    CSVW,
    GEOJSON,
    HTML,
    JSON,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    PROBLEM,
    RDF_XML,
    SPARQL_JSON,
    SPARQL_XML,
    TRIG,
    TURTLE,
    Format,
    find_by_extension,
)

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")

# Names that clients use for a format beside its own; a format comes first under its own name.
MEDIA_TYPE_ALIASES: Final = {
    "application/json": (JSON, SPARQL_JSON, GEOJSON, JSON_LD, CSVW, PROBLEM),
    "application/xml": (SPARQL_XML, RDF_XML, ATOM),
    "text/xml": (SPARQL_XML, RDF_XML),
    **dict.fromkeys(
        ("application/x-turtle", "application/turtle", "text/rdf+n3", "text/n3", "application/n3"),
        (TURTLE,),
    ),
    "application/x-json+ld": (JSON_LD,),
    "application/x-trig": (TRIG,),
    "text/x-nquads": (N_QUADS,),
    "text/plain": (N_TRIPLES,),
    "application/xhtml+xml": (HTML,),
}
FORMAT_SHORT_NAMES: Final = {
    "json": "application/json",
    "xml": "application/xml",
    **dict.fromkeys(("turtle", "n3"), TURTLE.media_type),
    "json-ld": JSON_LD.media_type,
    **dict.fromkeys(("ntriples", "n-triples"), N_TRIPLES.media_type),
    **dict.fromkeys(("nquads", "n-quads"), N_QUADS.media_type),
    **dict.fromkeys(("rdfxml", "rdf/xml", "rdf+xml", "rdf-xml"), RDF_XML.media_type),
}
"""Values of `format=` beside extensions and media types: what clients call the formats."""


@dataclass(frozen=True)
class MediaRange:
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


def choose_by_accept(accept: str, offered: Sequence[Format]) -> Format:
    """The offered format that an Accept header prefers; of equals, the one offered first.

    Raises NotAcceptable where the header excludes them all.
    """
    chosen = _choose_by_accept(accept, tuple(offered))
    if chosen is None:
        available = ", ".join(f.media_type for f in offered)
        raise NotAcceptable(
            f"none of what is accepted ({accept}) is available here; available: {available}",
            f"rien de ce qui est accepté ({accept}) n'existe ici ; il existe : {available}",
        )
    return chosen


@lru_cache(maxsize=1024)
def _choose_by_accept(accept: str, offered: tuple[Format, ...]) -> Format | None:
    ranges = _parse_ranges(accept)
    chosen = max(offered, key=lambda f: _compute_quality(ranges, f)) if ranges else offered[0]
    return chosen if not ranges or _compute_quality(ranges, chosen) > 0 else None


def choose_format(
    request: Request,
    offered: Sequence[Format],
    suffix: str | None = None,
    asked: Sequence[str] | None = None,
) -> Format:
    """The format of an answer: its suffix, else its `format` parameter, else what `Accept` prefers.

    `asked` are the values of that parameter where they do not stand in the address. Clients send
    several names of one format at once, or one that only another server knows beside an `Accept`
    that names a format of ours, which then decides.

    Raises NotAcceptable where no offered format has that suffix, BadRequest where none has a
    name that the parameter gives (an extension, a media type, or what clients call it).
    """
    if suffix:
        return _find_by_suffix(suffix, offered)
    raw_values = request.query_params.getlist("format") if asked is None else asked
    accept = request.headers.get("accept", "")
    names = (
        [name for value in raw_values for name in value.split(",") if name.strip()]
        if raw_values
        else ()
    )
    if not names:
        return choose_by_accept(accept, offered)
    of_ours = (find_format(name, offered) for name in names)
    chosen = next(filter(None, of_ours), None) or _choose_among_named(accept, offered)
    return chosen or require_format(names[0], offered)


def _choose_among_named(accept: str, offered: Sequence[Format]) -> Format | None:
    """What an Accept header prefers of what it names, None where that is a page or nothing."""
    ranges = tuple(entry for entry in _parse_ranges(accept) if entry.specificity == 2)
    chosen = max(offered, key=lambda f: _compute_quality(ranges, f))
    return chosen if chosen != HTML and _compute_quality(ranges, chosen) > 0 else None


def names_media_type(request: Request, media_type: str) -> bool:
    """Whether a client names a media type in full among those that it accepts."""
    ranges = _parse_ranges(request.headers.get("accept", ""))
    return any(entry.media_type == media_type and entry.quality > 0 for entry in ranges)


def _find_by_suffix(suffix: str, offered: Sequence[Format]) -> Format:
    chosen = find_by_extension(suffix, tuple(offered)) or _find_by_media_type(
        FORMAT_SHORT_NAMES.get(suffix, ""), offered
    )
    if chosen is None:
        suffixes = ", ".join(f".{f.extension}" for f in offered)
        raise NotAcceptable(
            f"there is no .{suffix} of this; the suffixes are {suffixes}",
            f"ceci n'existe pas en .{suffix} ; les suffixes sont {suffixes}",
        )
    return chosen


def require_format(name: str, offered: Sequence[Format]) -> Format:
    """The offered format of a name. Raises BadRequest where there is none."""
    chosen = find_format(name, offered)
    if chosen is None:
        available = ", ".join(f.extension for f in offered)
        raise BadRequest(
            f"format {name!r} is not available here; available: {available}",
            f"le format {name!r} n'existe pas ici ; il existe : {available}",
        )
    return chosen


def find_format(text: str, offered: Sequence[Format]) -> Format | None:
    """The offered format of a name, None where there is none."""
    # a bare + of an address is read as a blank; parameters of a media type say nothing about us
    name = text.partition(";")[0].strip().lower().replace(" ", "+")
    return find_by_extension(name, tuple(offered)) or _find_by_media_type(
        FORMAT_SHORT_NAMES.get(name, name), offered
    )


def split_suffix(
    name: str, offered: Sequence[Format], there: Callable[[str], bool] | None = None
) -> tuple[str, str | None]:
    """The name without its suffix and that suffix, where it is the extension of an offered format.

    A dot that is part of a name (`nafr2/01.11`) stays in it. Where `there` knows the names, what
    follows the dot of none of them is a suffix if what is before it is one: it is not offered.
    """
    stem, dot, extension = name.rpartition(".")
    if dot and find_by_extension(extension, tuple(offered)):
        return stem, extension
    if dot and there is not None and not there(name) and there(stem):
        return stem, extension
    return name, None


def choose_language(request: Request) -> Language:
    """The language of a page or message: `lang`, else what the browser prefers, else French."""
    chosen = parse_language(request.query_params.get("lang"))
    return (
        chosen
        or _find_preferred_language(request.headers.get("accept-language", ""))
        or LANGUAGES[0]
    )


def parse_language(code: str | None) -> Language | None:
    """The language of a name, None for no name. Raises BadRequest for another."""
    if not code:
        return None
    language = next((candidate for candidate in LANGUAGES if candidate == code), None)
    if language is None:
        available = ", ".join(LANGUAGES)
        raise InvalidParameter(
            f"lang={code!r} is not available; available: {available}",
            f"lang={code!r} n'existe pas ; il existe : {available}",
            ParameterFault.NOT_A_CHOICE,
            ("lang",),
            code,
            LANGUAGES,
        )
    return language


def choose_error_language(request: Request, otherwise: Language) -> Language:
    """The language of a problem: as of pages, but for what is said where nothing is asked for."""
    requested = request.query_params.get("lang")
    chosen = next((candidate for candidate in LANGUAGES if candidate == requested), None)
    preferred = _find_preferred_language(request.headers.get("accept-language", ""))
    return chosen or preferred or otherwise


@lru_cache(maxsize=1024)
def _find_preferred_language(header: str) -> Language | None:
    entries = sorted(_parse_ranges(header), key=lambda entry: -entry.quality)
    for entry in entries:
        for language in LANGUAGES:
            if entry.quality > 0 and entry.media_type.split("-")[0] == language:
                return language
    return None


@lru_cache(maxsize=1024)
def _parse_ranges(header: str) -> tuple[MediaRange, ...]:
    return tuple(_parse_range(part) for part in header.split(",") if part.strip())


def _parse_range(part: str) -> MediaRange:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return MediaRange(name, min(max(float(quality), 0.0), 1.0))
    except ValueError:
        return MediaRange(name, 0.0)


def _compute_quality(ranges: tuple[MediaRange, ...], candidate: Format) -> float:
    """The quality of the most specific range that covers a format under any of its names."""
    weighted_types = [(candidate.media_type, 1.0)]
    weighted_types += [
        (alias, 0.99) for alias, formats in MEDIA_TYPE_ALIASES.items() if candidate in formats
    ]
    return max(_compute_name_quality(ranges, name) * weight for name, weight in weighted_types)


def _compute_name_quality(ranges: tuple[MediaRange, ...], name: str) -> float:
    covering = [entry for entry in ranges if entry.covers(name)]
    return max(covering, key=lambda e: (e.specificity, e.quality)).quality if covering else 0.0


def _find_by_media_type(media_type: str, offered: Sequence[Format]) -> Format | None:
    aliases = MEDIA_TYPE_ALIASES.get(media_type, ())
    exact = next((f for f in offered if f.media_type == media_type), None)
    return exact or next((f for f in offered if f in aliases), None)


def accepts_html(request: Request) -> bool:
    """Whether HTML is accepted by name: what no browser leaves out and few programs say."""
    return HTML.media_type in request.headers.get("accept", "")
