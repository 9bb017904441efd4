"""What a page asks of the browser: which parts of it may run or be loaded, and from where.

Specification: https://www.w3.org/TR/CSP3/
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import IO, Final

POLICY: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
HEADER: Final = "Content-Security-Policy"
STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
HEAD: Final = 64 * 1024
"""Bytes within which a report has its style."""


def _policy(**changes: str) -> dict[str, str]:
    rules = POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return {HEADER: "; ".join(f"{name} {value}" for name, value in rules.items() if value)}


SECURITY: Final[Mapping[str, str]] = {
    **_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""No script, nothing from elsewhere."""


def with_script() -> dict[str, str]:
    """The policy of a page with scripts of ours that speak to this server."""
    return _policy(script_src="'self'", connect_src="'self'")


def for_frames() -> dict[str, str]:
    """The headers of a page that other sites show in a frame."""
    return {**SECURITY, **_policy(frame_ancestors="*", form_action="'none'")}


def of_report(page: IO[bytes]) -> dict[str, str]:
    """The headers of a report that carries its own style; nothing else in it is let through."""
    head = page.read(HEAD)
    page.seek(0)
    digests = (
        base64.b64encode(hashlib.sha256(style).digest()).decode() for style in STYLE.findall(head)
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return {**SECURITY, **_policy(style_src=allowed or "'none'", img_src="")}
