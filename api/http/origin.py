"""Address of this installation, under which its own documents are fetched.

A name (`https://w3id.org/ess-kg/id/…`) is the same in all installations. The address of a document
to fetch (the next page, a dump, the JSON-LD context) is that of the installation which answers: its
public address (`KG_PUBLIC_ADDRESS`) if it has one, else the host of the request.
"""

import re
from functools import lru_cache
from typing import Final

from starlette.requests import Request

from kg.namespaces import BASE

HOST_PATTERN: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""Host headers that are repeated in an address; another one could carry an attack."""


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
