"""Health check: the release in service, its age, its sources and the state of the engine."""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import CheckQueueDep, ServedReleaseDep

router = APIRouter(tags=["Service"])


@router.get("/health", summary="State of the service")
async def health(
    served: ServedReleaseDep, checks: CheckQueueDep, response: Response
) -> dict[str, Any]:
    """The release in service, its age, its sources and what answers queries; 503 without one.

    `status` is `degraded` where an engine elsewhere cannot be asked: all but SPARQL is served.
    """
    response.headers["Cache-Control"] = "no-store"
    age = datetime.now(UTC) - served.created
    queries = await served.executor.state()
    return {
        "status": "ok" if queries.get("engine", "ok") == "ok" else "degraded",
        "release": served.release.id,
        "created": served.manifest["created"],
        "age_seconds": max(int(age.total_seconds()), 0),  # a clock may have been wrong
        "served_seconds": int(time.monotonic() - served.opened_at),
        "triples": served.manifest.get("triples"),
        "queries": queries,
        "checks": checks.count_jobs(),
        "sources": [
            _describe_freshness(source, served.manifest["created"])
            for source in served.manifest.get("sources", ())
        ],
    }


def _describe_freshness(source: Mapping[str, Any], imported: str) -> dict[str, Any]:
    """How old a source is, when it was last imported well, and whether that is as promised."""
    content = {name: source.get(name) for name in ("name", "retrieved", "version", "licence")}
    most = source.get("age_max_days") or None
    try:
        age = (datetime.now(UTC).date() - date.fromisoformat(str(source["retrieved"]))).days
    except (KeyError, ValueError):
        age = None
    fresh = None if most is None or age is None else age <= most
    return {**content, "imported": imported, "age_days": age, "age_max_days": most, "fresh": fresh}
