"""CORS policy: every origin may read every response, and the headers listed here."""

from typing import Any, Final

ALLOWED_ORIGIN: Final = "*"
EXPOSED_HEADERS: Final = (
    "ETag", "Link", "Location", "Retry-After", "X-Release", "Content-Disposition",
    "X-Total-Count", "X-Omitted",
)  # fmt: skip
CORS_HEADERS: Final = {
    "Access-Control-Allow-Origin": ALLOWED_ORIGIN,
    "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
}
"""Headers of every response that does not pass through Starlette's middleware."""
MIDDLEWARE_OPTIONS: Final[dict[str, Any]] = {
    "allow_origins": [ALLOWED_ORIGIN],
    "allow_methods": ["GET", "HEAD", "POST", "OPTIONS"],
    "allow_headers": ["*"],
    "expose_headers": EXPOSED_HEADERS,
    "max_age": 86400,
}
"""Options of Starlette's CORSMiddleware, which also answers preflight requests."""
