"""Rate limiter per client: a token bucket of seconds of work, and a cap on concurrent queries.

A token bucket for each client: it holds `seconds`, each query takes from it the time that was
worked for it beyond the first instant (kg.usage_metering), and it fills up again in a minute. To
wait (for a process, for a turn, for somebody else's run of the same question) is no work. So light
queries cost nothing, however many, and whoever has long ones run all the time is told to wait, or
to take the dumps. The client is an address (of IPv6, its /64); behind a proxy, what a trusted
proxy says (uvicorn's `forwarded_allow_ips`). Each server process counts for itself. The buckets of
those who have not asked for a minute are full, and forgotten.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final

from starlette.requests import Request

from api.http.problems import RateLimited
from kg import usage_metering

FREE_SECONDS_PER_QUERY: Final = 0.05
"""Seconds of each query that are free."""
FREE_SYNC_SECONDS: Final = 0.002
"""Seconds of work on the event loop that are free; beyond, it holds up all other clients."""
MINUTE: Final = 60.0
MAX_CLIENTS: Final = 10_000
EVICTION_SCAN: Final = 8


@dataclass
class TokenBucket:
    """Token bucket of one client: the seconds of work that it has left."""

    seconds_left: float
    """Seconds of work; negative after a query that took more than was left."""
    updated_at: float
    running: int = 0


@dataclass
class RateLimiter:
    """Rate limiter of this process: a token bucket for each client."""

    seconds_per_minute: float = 60.0
    """Seconds of work a client may have in a minute."""
    max_concurrent: int = 10
    """Queries of one client that may run or wait at once."""
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict)

    def admit(self, client: str) -> "Admission":
        """Admits a query of a client. Raises RateLimited when the client has used up its share."""
        bucket = self._get_bucket(client)
        if bucket.seconds_left <= 0:
            wait = math.ceil((1 - bucket.seconds_left) * MINUTE / self.seconds_per_minute)
            raise RateLimited(
                f"your queries took more than {self.seconds_per_minute:g} seconds of work in a "
                f"minute: wait {wait} s, or download the dumps (/dumps) and run the query locally",
                f"vos requêtes ont pris plus de {self.seconds_per_minute:g} secondes de travail en "
                f"une minute : attendez {wait} s, ou téléchargez les exports complets (/dumps) et "
                "exécutez la requête sur votre machine",
                wait,
            )
        if bucket.running >= self.max_concurrent:
            raise RateLimited(
                f"{bucket.running} of your queries are running, which is the limit; wait for an "
                "answer, or download the dumps (/dumps) and run the query locally",
                f"{bucket.running} de vos requêtes sont en cours, ce qui est la limite ; attendez "
                "une réponse, ou téléchargez les exports complets (/dumps) et exécutez la requête "
                "sur votre machine",
                1,
            )
        bucket.running += 1
        admission = Admission(bucket)
        usage_metering.open_account(admission.add_work, client)
        return admission

    def charge(self, request: Request, seconds: float) -> None:
        """Charges a client for work that was done without admission; short work is free."""
        if seconds > FREE_SYNC_SECONDS:
            self._get_bucket(identify_client(request)).seconds_left -= seconds

    def is_exhausted(self, request: Request) -> bool:
        """Whether a client has nothing left, so that `admit` would refuse it."""
        bucket = self._buckets.get(identify_client(request)) if self._buckets else None
        return bucket is not None and self._compute_level(bucket, self.clock()) <= 0

    def _compute_level(self, bucket: TokenBucket, now: float) -> float:
        return min(
            self.seconds_per_minute,
            bucket.seconds_left + (now - bucket.updated_at) * self.seconds_per_minute / MINUTE,
        )

    @contextmanager
    def limit(self, client: str) -> Iterator[None]:
        """Context of work for a client: admitted at its start, charged at its end."""
        admission = self.admit(client)
        try:
            yield
        finally:
            admission.end()

    def _get_bucket(self, client: str) -> TokenBucket:
        now = self.clock()
        bucket = self._buckets.pop(client, None) or TokenBucket(self.seconds_per_minute, now)
        self._buckets[client] = bucket
        bucket.seconds_left = self._compute_level(bucket, now)
        bucket.updated_at = now
        if len(self._buckets) > MAX_CLIENTS:
            self._evict_idle()
        return bucket

    def _evict_idle(self) -> None:
        """Drops the clients seen the longest ago, except those with a running query."""
        for oldest in list(islice(self._buckets, EVICTION_SCAN)):
            if self._buckets[oldest].running:
                self._buckets.move_to_end(oldest)
            elif len(self._buckets) > MAX_CLIENTS:
                del self._buckets[oldest]


@dataclass
class Admission:
    """One admitted query of a client, until it has ended."""

    bucket: TokenBucket
    seconds: float = 0.0
    """Seconds of work so far."""
    ended: bool = False

    def add_work(self, seconds: float) -> None:
        """Adds seconds of work; work that goes on after the end is charged directly."""
        if self.ended:
            self.bucket.seconds_left -= seconds
        else:
            self.seconds += seconds

    def end(self) -> None:
        """Charges the client for the query, once."""
        if not self.ended:
            self.ended = True
            self.bucket.running -= 1
            self.bucket.seconds_left -= max(0.0, self.seconds - FREE_SECONDS_PER_QUERY)


def identify_client(request: Request) -> str:
    """The client of a request: its IPv4 address, or the /64 network of its IPv6 address."""
    client = request.scope.get("client")
    host: str = client[0] if client else ""
    return _format_ipv6_network(host) if ":" in host else host


@lru_cache(maxsize=4096)
def _format_ipv6_network(host: str) -> str:
    try:
        return str(ipaddress.ip_network(f"{host.partition('%')[0]}/64", strict=False))
    except ValueError:
        return host
