"""Whether this process serves, what, since when, and how fresh it is."""

import time
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Checks, Served

router = APIRouter(tags=["Service"])


@router.get("/health", summary="State of the service")
async def health(served: Served, checks: Checks, response: Response) -> dict[str, Any]:
    """The release in service, its age, its sources and the query processes; 503 without one."""
    response.headers["Cache-Control"] = "no-store"
    age = datetime.now(UTC) - served.created
    return {
        "status": "ok",
        "release": served.release.id,
        "created": served.manifest["created"],
        "age_seconds": int(age.total_seconds()),
        "served_seconds": int(time.monotonic() - served.since),
        "triples": served.manifest.get("triples"),
        "queries": await served.endpoint.state(),
        "checks": checks.counts(),
        "sources": [
            {name: source.get(name) for name in ("name", "retrieved", "version", "licence")}
            for source in served.manifest.get("sources", ())
        ],
    }
