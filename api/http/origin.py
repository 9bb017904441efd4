"""Address of this installation, under which its own documents are fetched.

A name (`https://w3id.org/ess-kg/id/…`) is one for all installations. A place to fetch something
from (the next page, a dump, the JSON-LD context) is of the one that answers: the public address
that it was given (`KG_PUBLIC_ADDRESS`), else the host that was asked.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from starlette.requests import Request

from kg.namespaces import BASE, expand

HOST_PATTERN: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""What a Host header may be to stand in an address; of another one nothing is repeated."""
ADDRESS_PROPERTIES: Final = frozenset(
    ox.NamedNode(expand(name))
    for name in (
        "dcat:accessURL",
        "dcat:downloadURL",
        "dcat:endpointDescription",
        "dcat:endpointURL",
        "sd:endpoint",
        "void:dataDump",
        "void:sparqlEndpoint",
    )
)
"""Properties whose values are places, not names."""


def get_origin(request: Request) -> str:
    """The address of the installation, without a slash at its end."""
    public: str = request.app.state.config.public_address
    return public or _build_origin(
        request.scope["scheme"],
        request.headers.get("host") or "",
        request.scope.get("root_path", ""),
    )


@lru_cache(maxsize=256)
def _build_origin(scheme: str, host: str, prefix: str) -> str:
    if not HOST_PATTERN.fullmatch(host):
        return BASE.rstrip("/")
    return f"{scheme}://{host}{prefix}".rstrip("/")


def localize_addresses(triples: Iterable[ox.Triple], here: str) -> list[ox.Triple]:
    """The same statements, our own places being those of this installation."""
    return [
        ox.Triple(t.subject, t.predicate, ox.NamedNode(f"{here}/{t.object.value[len(BASE) :]}"))
        if t.predicate in ADDRESS_PROPERTIES
        and isinstance(t.object, ox.NamedNode)
        and t.object.value.startswith(BASE)
        else t
        for t in triples
    ]
