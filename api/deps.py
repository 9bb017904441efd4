"""What routes are given: the release in service and the configuration of the app."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from api.current import Current, ServedRelease
from api.extracts import Extracts
from kg.release import Release
from kg.sandbox.desk import Desk
from kg.sandbox.limits import Limits as CheckLimits
from kg.store.embedded import EmbeddedEndpoint
from kg.store.endpoint import Endpoint, Limits
from kg.store.remote import RemoteEndpoint
from kg.store.service import Service

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
    """Where the processes of a server share what took the engine long; nowhere if not said."""
    service: Service | None = None
    """Where releases are asked instead of on this machine."""

    def open_endpoint(self, release: Release) -> Endpoint:
        """The endpoint of a release, not yet started."""
        manifest = release.manifest()
        if self.service is not None:
            held = release.id, manifest["graphs"]
            return RemoteEndpoint(self.service, *held, self.limits, self.answers)
        # neither is in releases of before they were there
        most_values = manifest.get("most_values")
        subjects = release.subjects if release.subjects.is_file() else None
        return EmbeddedEndpoint(
            release.store, self.query_workers, self.limits, most_values, self.answers, subjects,
            manifest.get("graphs"),
        )  # fmt: skip


async def _served(request: Request) -> AsyncIterator[ServedRelease]:
    current: Current = request.app.state.current
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
