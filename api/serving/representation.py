"""Negotiated representation of a resource: format, language, ETag, Vary, Link, caching.

A route begins with `Representation.of(request, served, formats)`, which negotiates; asks
`unchanged` before it does any work; and ends with `response(body)` or `not_modified()`. The
release id and the fingerprint of the code are part of every ETag, so an answer is revalidated
without running anything.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from api.http import links, negotiation
from api.http.entity_tags import is_known
from api.http.negotiation import Language
from api.http.origin import get_origin
from api.http.security_headers import SECURITY_HEADERS
from api.serving.code_version import get_code_version
from api.serving.served_releases import ServedRelease
from kg.formats import HTML, Format

FRESH_CACHE_CONTROL = "public, max-age=60, must-revalidate"
VARY = "Accept, Accept-Language"
PINNED_CACHE_CONTROL = "public, max-age=86400"
"""Of what a named release answers: it stays the same for as long as the release is kept."""


@dataclass(eq=False)
class Representation:
    """What a request will be answered with, known before the answer is."""

    request: Request
    served: ServedRelease
    formats: tuple[Format, ...]
    format: Format
    language: Language
    path: str
    """The address of the document without a suffix."""
    key: str = ""
    """What else the bytes depend on, beside release, address, format and language."""
    suffixed: bool = True
    """Whether the other representations are at suffixes of the path."""
    depends_on_origin: bool = True
    """Whether the bytes tell where something is fetched from this installation."""

    @classmethod
    def negotiate(
        cls,
        request: Request,
        served: ServedRelease,
        formats: Sequence[Format],
        *,
        suffix: str | None = None,
        path: str | None = None,
        key: str = "",
        suffixed: bool = True,
        named: Sequence[str] | None = None,
        placed: bool = True,
    ) -> "Representation":
        """Negotiates: by the suffix of the address, else by `format`, else by `Accept`.

        `named` are the values of `format` where they do not stand in the address.

        Raises NotAcceptable or BadRequest.
        """
        chosen_suffix = suffix or request.path_params.get("suffix")
        return cls(
            request,
            served,
            tuple(formats),
            negotiation.choose_format(request, formats, chosen_suffix, named),
            negotiation.choose_language(request),
            request.scope["path"] if path is None else path,
            key,
            suffixed,
            placed,
        )

    @property
    def origin(self) -> str:
        """The address of this installation, as far as this request goes."""
        return get_origin(self.request)

    @property
    def etag(self) -> str:
        """A strong validator: these bytes and no others."""
        parts = (
            get_code_version(),
            self.served.revision,
            self.path,
            self.origin if self.depends_on_origin else "",
            self.request.scope["path"],  # pages and lists tell their own address, suffix included
            self.request.scope["query_string"].decode("latin-1"),
            self.format.media_type,
            self.language,
            self.key,
        )
        digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
        return f'"{digest}"'

    @property
    def pinned(self) -> bool:
        """Whether the request names the release that answers."""
        return self.request.query_params.get("release") == self.served.release.id

    @property
    def unchanged(self) -> bool:
        """Whether the client has these bytes already."""
        client_tags = self.request.headers.get("if-none-match")
        if client_tags is not None:
            return is_known(client_tags, self.etag)
        # the very time that was told, and no later one: an older release may be put back
        return self.request.headers.get("if-modified-since") == self.served.last_modified

    def build_headers(
        self, extra: Mapping[str, str] | None = None, more_links: Sequence[str] = ()
    ) -> dict[str, str]:
        """The headers of an answer, but for its type and length."""
        alternates = links.list_alternates(
            self.path, self.formats, self.format, suffixed=self.suffixed
        )
        return {
            **self.build_data_headers(),
            "Content-Language": self.language,
            "Link": links.format_link_header(
                [*more_links, self.build_canonical_link()], alternates
            ),
            **(SECURITY_HEADERS if self.format == HTML else {}),
            **(extra or {}),
        }

    def build_canonical_link(self, parameters: Sequence[tuple[str, str]] = ()) -> str:
        """The link to what stands for this document: for data a name that has no host.

        A page is itself in each of its languages, at this installation: search engines pass over
        what the sitemap and `hreflang` list where it names another address as canonical.
        """
        if self.format != HTML:
            return links.format_link(
                links.to_canonical_iri(links.build_url(self.path, parameters)), "canonical"
            )
        spoken = [("lang", self.language)] if "lang" in self.request.query_params else []
        address = links.build_url(self.path, [*parameters, *spoken])
        return links.format_link(self.origin + address, "canonical")

    def build_answer(self, body: bytes) -> Response:
        """The answer to a question, which is no document: it has no other form at an address."""
        cache = PINNED_CACHE_CONTROL if self.pinned else FRESH_CACHE_CONTROL
        of_release = self.served.release.id, self.served.last_modified
        return PreparedResponse(
            body,
            [
                (b"etag", self.etag.encode("latin-1")),
                *_build_common_headers(*of_release, self.format.content_type, cache),
                (b"content-length", b"%d" % len(body)),
            ],
        )

    def build_data_headers(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What any answer that follows from the release says of itself."""
        return {
            "ETag": self.etag,
            "Last-Modified": self.served.last_modified,
            "Vary": VARY,
            "Cache-Control": PINNED_CACHE_CONTROL if self.pinned else FRESH_CACHE_CONTROL,
            "X-Release": self.served.release.id,
            **(extra or {}),
        }

    def build_response(
        self,
        body: bytes | str,
        extra: Mapping[str, str] | None = None,
        more_links: Sequence[str] = (),
    ) -> Response:
        """The answer, labelled."""
        return Response(body, 200, self.build_headers(extra, more_links), self.format.content_type)

    def build_not_modified(self) -> Response:
        """304: the client's copy is good."""
        return Response(status_code=304, headers=self.build_headers())


class PreparedResponse(Response):
    """A response whose headers are written already: thousands a second have the same."""

    def __init__(self, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = headers


@lru_cache(maxsize=64)
def _build_common_headers(
    release: str, modified: str, content_type: str, cache: str
) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that the answers to different questions have in common."""
    headers = {
        "last-modified": modified,
        "vary": VARY,
        "cache-control": cache,
        "x-release": release,
        "content-type": content_type,
    }
    return tuple((name.encode(), value.encode("latin-1")) for name, value in headers.items())
