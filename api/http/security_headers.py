"""Content-Security-Policy and other security headers of pages (W3C CSP3).

Specification: https://www.w3.org/TR/CSP3/
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import IO, Final

CSP_DIRECTIVES: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "font-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
CSP_HEADER: Final = "Content-Security-Policy"
STYLE_PATTERN: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
REPORT_HEAD_BYTES: Final = 64 * 1024
"""Bytes within which a report has its style."""


NO_SCRIPTS: Final = {"script_src": "", "connect_src": ""}


def _build_policy(**changes: str) -> dict[str, str]:
    rules = CSP_DIRECTIVES | {name.replace("_", "-"): value for name, value in changes.items()}
    return {CSP_HEADER: "; ".join(f"{name} {value}" for name, value in rules.items() if value)}


SECURITY_HEADERS: Final[Mapping[str, str]] = {
    **_build_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""Scripts of ours alone, nothing from elsewhere."""


def build_frame_headers(*, scripts: bool = False) -> dict[str, str]:
    """The headers of a page that other sites show in a frame; `scripts`: ours may run in it."""
    return {
        **SECURITY_HEADERS,
        **_build_policy(
            frame_ancestors="*", form_action="'none'", **({} if scripts else NO_SCRIPTS)
        ),
    }


def build_framing_headers() -> dict[str, str]:
    """The headers of a page that shows another page of ours in a frame."""
    return {**SECURITY_HEADERS, **_build_policy(frame_src="'self'")}


def build_styled_headers(style: str) -> dict[str, str]:
    """The headers of a page of the site that has a style of its own in it."""
    return {**SECURITY_HEADERS, **_build_policy(style_src=f"'self' {_digest(style.encode())}")}


def build_report_headers(page: IO[bytes]) -> dict[str, str]:
    """The headers of a report that carries its own style; nothing else in it is let through."""
    head = page.read(REPORT_HEAD_BYTES)
    page.seek(0)
    allowed = " ".join(map(_digest, STYLE_PATTERN.findall(head)))
    policy = _build_policy(style_src=allowed or "'none'", img_src="", font_src="", **NO_SCRIPTS)
    return {**SECURITY_HEADERS, **policy}


def _digest(style: bytes) -> str:
    """What a policy admits a style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"
