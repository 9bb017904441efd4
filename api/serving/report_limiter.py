"""Report limiter: how many reports one client may send within an hour, in this process."""

import time
from collections import OrderedDict
from typing import Final

from api.http.problems import RateLimited

MAX_REPORTS_PER_HOUR: Final = 10
HOUR: Final = 3600.0
MAX_CLIENTS: Final = 10_000
"""Clients that are remembered, those seen last."""


class ReportLimiter:
    """Counts the reports of each client in the hour that has passed."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def admit(self, client: str) -> None:
        """Takes one report more. Raises RateLimited."""
        now = time.monotonic()
        recent = [at for at in self._times.pop(client, []) if at > now - HOUR]
        self._times[client] = recent
        if len(recent) >= MAX_REPORTS_PER_HOUR:
            wait = int(recent[0] + HOUR - now) + 1
            raise RateLimited(
                f"you have sent {len(recent)} reports within an hour; the next one in {wait} s",
                f"vous avez envoyé {len(recent)} signalements en une heure ; le prochain dans "
                f"{wait} s",
                wait,
            )
        recent.append(now)
        while self._times:
            oldest = next(iter(self._times))
            if len(self._times) <= MAX_CLIENTS and self._times[oldest][-1] > now - HOUR:
                break
            del self._times[oldest]
