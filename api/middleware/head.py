"""HEAD answered by whatever answers GET, without the body (RFC 9110, section 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.scope_keys import HEAD_REQUEST_KEY


class HeadAsGet:
    """Middleware that turns HEAD into GET and drops what is in the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(
            {**scope, "method": "GET", HEAD_REQUEST_KEY: True}, receive, send_without_body
        )
