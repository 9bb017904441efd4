"""HTTP authentication at a SPARQL service: Basic or Digest, as its challenge says."""

from collections.abc import Generator

import httpx


class HttpAccount(httpx.Auth):
    """A name and a password, said in the way a server challenges for (RFC 7617, RFC 7616)."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._uses_basic = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx.Auth: a server that asked for Basic once is answered so at once."""
        if self._uses_basic:
            yield from self._basic.auth_flow(request)
            return
        flow = self._digest.auth_flow(request)
        response = yield next(flow)
        if is_basic_challenge(response):
            self._uses_basic = True
            yield from self._basic.auth_flow(request)
            return
        try:
            while True:
                response = yield flow.send(response)
        except StopIteration:
            return


def is_basic_challenge(response: httpx.Response) -> bool:
    """Whether a server refuses and would take Basic."""
    challenge = response.headers.get("www-authenticate", "").lower()
    return response.status_code == httpx.codes.UNAUTHORIZED and challenge.startswith("basic")
