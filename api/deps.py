"""What routes are given: the release in service and the configuration of the app."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from api.extracts import Extracts
from api.serving.served_releases import ServedRelease, ServedReleases
from kg.release import Release
from kg.sandbox.desk import Desk
from kg.sandbox.limits import Limits as CheckLimits
from kg.sparql.backend import Limits
from kg.sparql.executor import QueryExecutor
from kg.sparql.local.backend import LocalBackend
from kg.sparql.local.store import LocalStore, edition_of
from kg.sparql.remote.backend import RemoteBackend
from kg.sparql.remote.config import RemoteConfig
from kg.sparql.result_cache import ResultCache, SharedResults

MEGABYTE: Final = 1024 * 1024
RELEASE: Final = "release"
"""The parameter that names a kept release to be asked instead of the one in service."""


@dataclass(frozen=True)
class AppConfig:
    """What an app is made from; nothing else reaches it from outside."""

    releases: Path
    limits: Limits = field(default_factory=Limits)
    query_workers: int = 2
    public_address: str = ""
    """Where the world reaches this installation; the host that was asked if not said."""
    client_seconds: float = 60.0
    client_queries: int = 10
    request_bytes: int = MEGABYTE
    checks: CheckLimits = field(default_factory=CheckLimits)
    check_bytes: int = 20 * MEGABYTE
    extracts: Path | None = None
    """Where parts of releases that were asked for are kept; beside the releases if not said."""
    extracting: CheckLimits = field(default_factory=lambda: CheckLimits(seconds=600, queue=2))
    answers: Path | None = None
    """Where the processes of a server share costly results; a folder of the process if not said."""
    service: RemoteConfig | None = None
    """Where releases are asked instead of on this machine."""

    def open_executor(self, release: Release, results: Path | None = None) -> QueryExecutor:
        """The query executor of a release, not yet open."""
        manifest = release.manifest()
        shared = None
        if self.service is not None:
            if results is not None:
                edition = f"{self.service.of(release.id).query} {release.id}"
                shared = SharedResults(results, edition, self.limits)
            backend = RemoteBackend(self.service, release.id, manifest["graphs"], self.limits)
            return QueryExecutor(backend, ResultCache(self.limits, shared))
        if results is not None:
            shared = SharedResults(results, edition_of(release.store), self.limits)
        # a release of before has neither in its manifest
        store = LocalStore(
            release.store,
            self.limits,
            manifest.get("most_values"),
            release.subjects if release.subjects.is_file() else None,
            manifest.get("graphs"),
        )
        local = LocalBackend(release.store, self.query_workers, self.limits)
        return QueryExecutor(local, ResultCache(self.limits, shared), store)


async def _served(request: Request) -> AsyncIterator[ServedRelease]:
    current: ServedReleases = request.app.state.current
    async with current.lease(request.query_params.get(RELEASE)) as served:
        yield served


def _config(request: Request) -> AppConfig:
    config: AppConfig = request.app.state.config
    return config


def _extracts(request: Request) -> Extracts:
    extracts: Extracts = request.app.state.extracts
    return extracts


def _checks(request: Request) -> Desk:
    desk: Desk = request.app.state.checks
    return desk


Served = Annotated[ServedRelease, Depends(_served)]
"""The release asked for by name or in service, kept open until the response has been sent."""

Config = Annotated[AppConfig, Depends(_config)]

Checks = Annotated[Desk, Depends(_checks)]
"""Where files to check are taken in."""

Parts = Annotated[Extracts, Depends(_extracts)]
"""Where parts of releases are written out."""
