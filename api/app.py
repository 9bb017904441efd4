"""The application: its routers, its errors, its headers, its beginning and its end."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import metadata
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

from api import errors
from api.ahead import Ahead
from api.at_once import Answered, Layer
from api.budget import Budgets
from api.compress import Compress
from api.current import Current
from api.deps import AppConfig
from api.extracts import MAKER, Extracts
from api.fingerprint import fingerprint
from api.head import HeadAsGet
from api.methods import TellMethods
from api.remember import Remember
from api.repeated_headers import together
from api.routes import (
    changes,
    counts,
    dereference,
    dumps,
    embed,
    health,
    ldes,
    lists,
    model,
    pages,
    queries,
    reconcile,
    reports,
    search,
    site,
    sitemap,
    sparql,
    templates,
    validate,
)
from api.tracking_parameters import without_marks
from kg.sandbox.desk import Desk

# The order is the order of matching: what is asked most, fixed addresses, then /{kind}/{key}.
ROUTERS: Final = (
    lists.router,
    health.router,
    site.router,
    sitemap.router,
    sparql.router,
    validate.router,
    templates.router,
    queries.router,
    reconcile.router,
    reports.router,
    dumps.router,
    changes.router,
    ldes.router,
    model.router,
    pages.router,
    search.router,
    embed.router,
    counts.router,
    dereference.router,
)
THREADS: Final = 0.001
"""Seconds after which a thread lets the event loop go on (5 ms otherwise)."""
CHECKER: Final = "kg.checking.worker"
"""The program that checks files, by its name: serving imports nothing of building."""
EXPOSED: Final = (
    "ETag", "Link", "Location", "Retry-After", "X-Release", "Content-Disposition",
    "X-Total-Count", "X-Omitted",
)  # fmt: skip


NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
FOR_ALL: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
    NO_SNIFF,
)
"""What every answer says: to a page of another site, and that its type is what it is."""


class App(FastAPI):
    """The framework's application, behind what answers most requests without it."""

    front: Layer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._receive(scope)
            try:
                await self.front(scope, receive, send)
            except asyncio.CancelledError:
                with suppress(Exception):  # the answer may have begun
                    await errors.going_away(scope, receive, send)
                raise
        else:
            await self.behind(scope, receive, send)

    def at_once(self, scope: Scope) -> Answered | None:
        """See Layer."""
        self._receive(scope)
        return self.front.at_once(scope)

    def _receive(self, scope: Scope) -> None:
        """Takes a request in: without tracking parameters, each header once."""
        scope["app"] = self
        scope["query_string"] = without_marks(scope["query_string"])
        scope["headers"] = together(scope["headers"])

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework's own layers, routes and errors."""

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                if NO_SNIFF[0] not in named:
                    message["headers"] = [*message["headers"], NO_SNIFF]
            await send(message)

        await super().__call__(scope, receive, labelled if scope["type"] == "http" else send)


def create_app(config: AppConfig) -> App:
    """An application over the current release of a folder."""
    current = Current(config.releases, config.open_endpoint)
    checks, extracting = Desk(CHECKER, config.checks), Desk(MAKER, config.extracting)
    made = config.extracts or config.releases.parent / "extracts"
    extracts = Extracts(made, config.releases, extracting)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        fingerprint()
        sys.setswitchinterval(THREADS)
        gc.freeze()  # what is there from the start is never garbage: it need not be looked at again
        await checks.open()
        await extracting.open()
        await current.start()
        try:
            yield
        finally:
            await extracts.close()
            await extracting.close()
            await checks.close()
            await current.stop()

    app = App(
        title="ess-kg",
        version=metadata.version("ess-kg"),
        summary="The open knowledge graph of the social and solidarity economy",
        lifespan=life,
        redirect_slashes=False,
        openapi_url=None,  # routes/site.py
        docs_url=None,  # FastAPI's page loads scripts from elsewhere; ours is in routes/pages.py
        redoc_url=None,
    )
    app.state.current = current
    app.state.checks = checks
    app.state.extracts = extracts
    app.state.budgets = Budgets(config.client_seconds, config.client_queries)
    app.state.config = config
    app.state.routes = tuple(route for router in ROUTERS for route in router.routes)
    app.add_middleware(TellMethods)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=list(EXPOSED),
        max_age=86400,
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.front = HeadAsGet(
        Remember(
            Compress(
                Ahead(
                    app.behind,
                    sparql.DOORS,
                    dereference.ROOMS,
                    sparql.WINDOWS,
                    current,
                    FOR_ALL,
                )
            ),
            remembered=current.remembered,
        )
    )
    return app
