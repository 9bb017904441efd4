"""HTTP authentication at a SPARQL service: Basic or Digest, as its challenge says."""

from collections.abc import Generator

import httpx


class HttpAccount(httpx.Auth):
    """A user name and a password, for the scheme a server challenges for (RFC 7617, RFC 7616)."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._use_basic = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx.Auth: after its first Basic challenge a server gets Basic with each request."""
        if self._use_basic:
            yield from self._basic.auth_flow(request)
            return
        flow = self._digest.auth_flow(request)
        response = yield next(flow)
        if is_basic_challenge(response):
            self._use_basic = True
            yield from self._basic.auth_flow(request)
            return
        try:
            while True:
                response = yield flow.send(response)
        except StopIteration:
            return


def is_basic_challenge(response: httpx.Response) -> bool:
    """Whether a response is a challenge for Basic."""
    challenge = response.headers.get("www-authenticate", "").lower()
    return response.status_code == httpx.codes.UNAUTHORIZED and challenge.startswith("basic")
