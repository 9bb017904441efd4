"""HTTP requests of a fetch: redirects followed within the web, waits and attempts limited.

Private addresses may be asked: whoever writes `source.toml` runs the machine. A redirect is the
word of another, and leads neither out of the web nor from HTTPS to HTTP.
"""

import logging
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib import metadata
from typing import Final

import httpx

from kg.errors import FetchError

USER_AGENT: Final = f"ess-kg/{metadata.version('ess-kg')}"
TIMEOUT: Final = httpx.Timeout(60.0, connect=20.0)
MAX_REDIRECTS: Final = 10
MAX_ATTEMPTS: Final = 4
MAX_WAIT_SECONDS: Final = 60.0
FIRST_WAIT_SECONDS: Final = 1.0
FIRST_LIMITED_SECONDS: Final = 10.0
"""The first wait where too much was asked: quotas are by the minute."""
RATE_LIMITED: Final = "429"
BUSY_STATUSES: Final = (429, 502, 503, 504)
ENVIRONMENT_PREFIX: Final = "env:"

log = logging.getLogger(__name__)
Wait = Callable[[float], None]


class Connection:
    """A client of the web with the headers that one origin is given."""

    def __init__(self, headers: Mapping[str, str], wait: Wait = time.sleep) -> None:
        self.wait = wait
        self.own_headers = {name: _read_header(name, text) for name, text in headers.items()}
        self._client = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            verify=_load_certificates(),
            # as it is: a range of what is compressed on the way is of no use
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    @contextmanager
    def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, origin: str = ""
    ) -> Iterator[httpx.Response]:
        """The response at the end of the redirects, its body not yet read.

        The headers of the origin go to the host of `origin` (of `url` where it is empty) alone.
        Raises FetchError for an address that cannot be asked, and httpx.HTTPError.
        """
        response = self._send(url, headers or {}, httpx.URL(origin or url))
        try:
            yield response
        finally:
            response.close()

    def _send(self, url: str, headers: Mapping[str, str], origin: httpx.URL) -> httpx.Response:
        asked = httpx.URL(url)
        for _ in range(MAX_REDIRECTS + 1):
            own = self.own_headers if _is_same_origin(asked, origin) else {}
            request = self._client.build_request("GET", asked, headers={**own, **headers})
            response = self._client.send(request, stream=True)
            if not response.has_redirect_location:
                return response
            target = asked.join(response.headers["location"])
            response.close()
            _require_safe_redirect(asked, target)
            asked = target
        raise FetchError(
            f"{url} is redirected more than {MAX_REDIRECTS} times",
            f"{url} est redirigé plus de {MAX_REDIRECTS} fois",
        )

    def try_again(self, attempt: int, reason: str, retry_after: str = "") -> bool:
        """Waits before another attempt; whether there is to be one."""
        if attempt >= MAX_ATTEMPTS:
            return False
        first = FIRST_LIMITED_SECONDS if reason == RATE_LIMITED else FIRST_WAIT_SECONDS
        seconds = first * 2 ** (attempt - 1)
        asked = _read_retry_after(retry_after)
        if asked is not None:
            if asked > MAX_WAIT_SECONDS:
                return False
            seconds = asked
        log.info("a fetch is tried again", extra={"reason": reason, "seconds": seconds})
        self.wait(min(seconds, MAX_WAIT_SECONDS))
        return True


def raise_for_status(response: httpx.Response, url: str) -> None:
    """Raises FetchError for an answer that is no file."""
    if response.is_success:
        return
    status = f"{response.status_code} {response.reason_phrase}".strip()
    english, french = "", ""
    if response.status_code in (401, 403):
        english = "; where it wants a key, write it in [fetch] headers"
        french = " ; s'il faut une clé, écrivez-la dans [fetch] headers"
    elif response.status_code in (404, 410):
        english = "; its publisher has moved it: look for its address and write it in [fetch] url"
        french = " ; il a été déplacé : cherchez son adresse et écrivez-la dans [fetch] url"
    raise FetchError(f"{url} answers {status}{english}", f"{url} répond {status}{french}")


def _read_retry_after(text: str) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as a moment (RFC 9110)."""
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(moment.timestamp() - time.time(), 0.0)


@lru_cache(maxsize=1)
def _load_certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _is_same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _require_safe_redirect(asked: httpx.URL, target: httpx.URL) -> None:
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError(
            f"{asked} is redirected to {target}, which is no address of the web",
            f"{asked} est redirigé vers {target}, qui n'est pas une adresse du web",
        )
    if (asked.scheme, target.scheme) == ("https", "http"):
        raise FetchError(
            f"{asked} is redirected to {target}, which is not protected: if that is meant, write "
            "that address in [fetch] url",
            f"{asked} est redirigé vers {target}, qui n'est pas protégé : si c'est voulu, écrivez "
            "cette adresse dans [fetch] url",
        )


def _read_header(name: str, text: str) -> str:
    if not text.startswith(ENVIRONMENT_PREFIX):
        return text
    variable = text.removeprefix(ENVIRONMENT_PREFIX)
    value = os.environ.get(variable)
    if not value:
        raise FetchError(
            f"the header {name} is taken from the variable {variable}, which is not set",
            f"l'en-tête {name} vient de la variable {variable}, qui n'est pas définie",
        )
    return value
