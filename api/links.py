"""Addresses on this server, and the Link headers that point from one to another (RFC 8288)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote, urlencode

from kg.formats import Format
from kg.namespaces import BASE


def local(iri: str) -> str:
    """The path at which this server answers for one of our IRIs; another IRI stays itself."""
    return "/" + iri[len(BASE) :] if iri.startswith(BASE) else iri


def canonical(path: str) -> str:
    """The IRI that stands for a path of this server, whatever its host."""
    return BASE + path.lstrip("/")


def address(path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """A path with its query string, both safe to put in a header."""
    return _address(path, tuple(parameters))


@lru_cache(maxsize=1024)  # the head and the foot of every page lead to the same places
def _address(path: str, parameters: tuple[tuple[str, str], ...]) -> str:
    query = urlencode(parameters)
    return quote(path, safe="/:@!$&'()*+,;=-._~") + (f"?{query}" if query else "")


def link(target: str, relation: str, **attributes: str) -> str:
    """One value of a Link header."""
    rest = "".join(f'; {name}="{value}"' for name, value in attributes.items())
    return f'<{target}>; rel="{relation}"{rest}'


def alternates(
    path: str, formats: Sequence[Format], chosen: Format, *, suffixed: bool
) -> list[str]:
    """Links to the other representations of a document, at a suffix or a `format` parameter."""
    mark = "." if suffixed else "?format="
    return [
        link(f"{address(path)}{mark}{f.extension}", "alternate", type=f.media_type)
        for f in formats
        if f != chosen
    ]
