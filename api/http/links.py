"""URL and Link header builder for addresses on this server (RFC 8288)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse

from api.http.problems import AddressTooLong
from kg.formats import Format
from kg.namespaces import BASE

MAX_LINK_HEADER_BYTES: Final = 2400
"""Bytes of a Link header."""
MAX_ALTERNATES_BYTES: Final = 1024
"""Bytes up to which other forms of a document are told in it."""
MAX_LOCATION_LENGTH: Final = 3000
"""Bytes of an address that a client is led to."""


def to_local_path(iri: str) -> str:
    """The path at which this server answers for one of our IRIs; another IRI stays itself."""
    return "/" + iri[len(BASE) :] if iri.startswith(BASE) else iri


def to_canonical_iri(path: str) -> str:
    """The IRI that stands for a path of this server, whatever its host."""
    return BASE + path.lstrip("/")


def build_url(path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """A path with its query string, both safe to put in a header."""
    return _build_url(path, tuple(parameters))


@lru_cache(maxsize=1024)  # the head and the foot of every page lead to the same places
def _build_url(path: str, parameters: tuple[tuple[str, str], ...]) -> str:
    query = urlencode(parameters)
    return quote(path, safe="/:@!$&'()*+,;=-._~") + (f"?{query}" if query else "")


def format_link(target: str, relation: str, **attributes: str) -> str:
    """One value of a Link header."""
    rest = "".join(f'; {name}="{value}"' for name, value in attributes.items())
    return f'<{target}>; rel="{relation}"{rest}'


def format_link_header(values: Sequence[str], others: Sequence[str] = ()) -> str:
    """The Link header of some values, the most telling first; `others` where there is room.

    What stands in front of this server reads heads of 4 KB, and an address may be long: what does
    not fit is left out, from the end. Paged documents have their links in their bodies as well.
    """
    header_values, size = list[str](), 0
    for value, most in (
        *((v, MAX_LINK_HEADER_BYTES) for v in values),
        *((v, MAX_ALTERNATES_BYTES) for v in others),
    ):
        if size + len(value) <= most:
            header_values.append(value)
            size += len(value) + 2
    return ", ".join(header_values)


def list_alternates(
    path: str, formats: Sequence[Format], chosen: Format, *, suffixed: bool
) -> list[str]:
    """Links to the other representations of a document, at a suffix or a `format` parameter."""
    mark = "." if suffixed else "?format="
    return [
        format_link(f"{build_url(path)}{mark}{f.extension}", "alternate", type=f.media_type)
        for f in formats
        if f != chosen
    ]


def redirect(
    location: str, status: int, headers: Mapping[str, str] | None = None
) -> RedirectResponse:
    """An answer that leads elsewhere. Raises AddressTooLong where that does not fit in its head."""
    if len(location) > MAX_LOCATION_LENGTH:
        raise AddressTooLong(
            f"the address is too long: it may have {MAX_LOCATION_LENGTH:,} characters here",
            f"l'adresse est trop longue : elle peut avoir {MAX_LOCATION_LENGTH} caractères ici",
        )
    return RedirectResponse(location, status, headers)
