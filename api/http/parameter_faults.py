"""Faulty query parameters: a request read without those that cannot be used, and the faults."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from kg.errors import InvalidParameter

MAX_FAULTS: Final = 8
"""Faults of one address that are told; with more it is no list that somebody asked for."""

Pairs = Sequence[tuple[str, str]]
Read = TypeVar("Read")


def read_without_faults(
    request: Request, error: InvalidParameter, read: Callable[[Request], Read]
) -> tuple[Read, tuple[InvalidParameter, ...]]:
    """What a request asks for when its faulty parameters are left out, and these.

    `error` is the first fault. Raises it again where there are too many.
    """
    faults = [error]
    pairs = leave_out(request.query_params.multi_items(), error)
    while True:
        try:
            return read(replace_query(request, pairs)), tuple(faults)
        except InvalidParameter as another:
            rest = leave_out(pairs, another)
            if len(faults) == MAX_FAULTS or len(rest) == len(pairs):
                raise error from another
            faults.append(another)
            pairs = rest


def leave_out(pairs: Pairs, fault: InvalidParameter) -> list[tuple[str, str]]:
    """The parameters without those at fault: one value of a name, or all of them."""
    rest = [pair for pair in pairs if not (pair[0] in fault.names and _is_of(pair[1], fault))]
    if len(rest) < len(pairs):
        return rest
    return [pair for pair in pairs if pair[0] not in fault.names]


def list_faulty(pairs: Pairs, fault: InvalidParameter) -> list[tuple[str, str]]:
    """The parameters at fault, as they were asked for."""
    kept = leave_out(pairs, fault)
    return [pair for pair in pairs if pair not in kept]


def replace_query(request: Request, pairs: Pairs) -> Request:
    """The same request for another query string."""
    return Request({**request.scope, "query_string": urlencode(pairs).encode("latin-1")})


def _is_of(value: str, fault: InvalidParameter) -> bool:
    """Whether a value is the one at fault; that one is told as a filter writes it (`topic/x`)."""
    value = value.strip()
    return not fault.value or value == fault.value or _strip(value) == _strip(fault.value)


def _strip(value: str) -> str:
    return value.rpartition("/")[2]
