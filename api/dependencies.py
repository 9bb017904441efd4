"""FastAPI dependencies of the routes, and the configuration of the app."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from api.serving.extracts import EXTRACT_NICENESS, ExtractCache
from api.serving.map_tiles import MapTiles
from api.serving.operator import Operator
from api.serving.report_limiter import ReportLimiter
from api.serving.served_releases import ServedRelease, ServedReleases
from kg.release_layout import Release
from kg.sandbox.job_queue import JobQueue
from kg.sandbox.limits import JobLimits
from kg.sparql.backend import QueryLimits
from kg.sparql.executor import QueryExecutor
from kg.sparql.local.backend import LocalBackend
from kg.sparql.local.store import LocalStore, identify_store
from kg.sparql.remote.backend import RemoteBackend
from kg.sparql.remote.config import RemoteConfig
from kg.sparql.result_cache import ResultCache, SharedResults

MEGABYTE: Final = 1024 * 1024
RELEASE_PARAMETER: Final = "release"
"""The parameter that names a kept release to be asked instead of the one in service."""


@dataclass(frozen=True)
class AppConfig:
    """What an app is made from; nothing else reaches it from outside."""

    releases: Path
    limits: QueryLimits = field(default_factory=QueryLimits)
    query_workers: int = 2
    report_limiter: ReportLimiter = field(default_factory=ReportLimiter)
    operator: Operator = field(default_factory=Operator)
    map_tiles: MapTiles | None = None
    """The ground of the maps; the outlines of the territories if not said."""
    public_address: str = ""
    """Where the world reaches this installation; the host that was asked if not said."""
    client_seconds: float = 60.0
    client_queries: int = 10
    request_bytes: int = MEGABYTE
    check_limits: JobLimits = field(default_factory=JobLimits)
    check_bytes: int = 20 * MEGABYTE
    extract_folder: Path | None = None
    """Where parts of releases that were asked for are kept; beside the releases if not said."""
    extract_limits: JobLimits = field(
        default_factory=lambda: JobLimits(seconds=600, queue=2, niceness=EXTRACT_NICENESS)
    )
    result_cache_folder: Path | None = None
    """Where the processes of a server share costly results; a folder of the process if not said."""
    remote_service: RemoteConfig | None = None
    """Where releases are asked instead of on this machine."""

    def open_executor(self, release: Release, results: Path | None = None) -> QueryExecutor:
        """The query executor of a release, not yet open."""
        manifest = release.read_manifest()
        shared = None
        if self.remote_service is not None:
            if results is not None:
                edition = (
                    f"{self.remote_service.for_release(release.id).query_address} {release.id}"
                )
                shared = SharedResults(results, edition, self.limits)
            backend = RemoteBackend(
                self.remote_service, release.id, manifest["graphs"], self.limits
            )
            return QueryExecutor(backend, ResultCache(self.limits, shared))
        if results is not None:
            shared = SharedResults(results, identify_store(release.store), self.limits)
        # a release of before has neither in its manifest
        store = LocalStore(
            release.store,
            self.limits,
            manifest.get("most_values"),
            release.subject_index if release.subject_index.is_file() else None,
            manifest.get("graphs"),
        )
        local = LocalBackend(release.store, self.query_workers, self.limits)
        return QueryExecutor(local, ResultCache(self.limits, shared), store)


async def _get_served_release(request: Request) -> AsyncIterator[ServedRelease]:
    current: ServedReleases = request.app.state.current
    async with current.acquire(request.query_params.get(RELEASE_PARAMETER)) as served:
        yield served


def _get_config(request: Request) -> AppConfig:
    config: AppConfig = request.app.state.config
    return config


def _get_extracts(request: Request) -> ExtractCache:
    extracts: ExtractCache = request.app.state.extracts
    return extracts


def _get_check_queue(request: Request) -> JobQueue:
    desk: JobQueue = request.app.state.checks
    return desk


ServedReleaseDep = Annotated[ServedRelease, Depends(_get_served_release)]
"""The release asked for by name or in service, kept open until the response has been sent."""

AppConfigDep = Annotated[AppConfig, Depends(_get_config)]

CheckQueueDep = Annotated[JobQueue, Depends(_get_check_queue)]
"""Where files to check are taken in."""

ExtractsDep = Annotated[ExtractCache, Depends(_get_extracts)]
"""Where parts of releases are written out."""
