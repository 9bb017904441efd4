"""Cursor tokens: JSON in the alphabet of addresses, for lists and for pages of query results."""

import base64
from typing import Any

import orjson


def encode_token(content: Any) -> str:
    """The token of some JSON content, without the padding that an address would escape."""
    return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


def decode_token(token: str) -> Any:
    """The content of a token. Raises ValueError where it is none.

    Anybody can write a token: the caller checks each value it takes from one.
    """
    return orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
