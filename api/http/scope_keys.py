"""Keys that this server adds to the ASGI scope of a request."""

from typing import Final

HEAD_REQUEST_KEY: Final = "ess_kg.head"
"""Set when the request is a HEAD: its body is dropped, so a long response may end early."""
