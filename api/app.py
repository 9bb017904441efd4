"""Application factory: routers, middleware, exception handlers and lifespan."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import exception_handlers
from api.dependencies import RELEASE_PARAMETER, AppConfig
from api.http.cors import CORS_HEADERS, MIDDLEWARE_OPTIONS
from api.http.repeated_headers import merge_repeated_headers
from api.http.tracking_parameters import remove_tracking_parameters
from api.middleware.compression import CompressionMiddleware
from api.middleware.direct_dispatch import DirectDispatch
from api.middleware.fast_path import FastPath, WholeResponse
from api.middleware.head import HeadAsGet
from api.middleware.options import AllowedMethods
from api.routes import (
    about,
    changes,
    compare,
    counts,
    dereference,
    dumps,
    embed,
    feedback,
    health,
    ldes,
    lists,
    map_tiles,
    maps,
    meta,
    model,
    named_queries,
    networks,
    pages,
    passages,
    paths,
    reconcile,
    relations,
    releases,
    reports,
    resolution,
    search,
    sitemap,
    sparql,
    spreadsheet_templates,
    suggest,
    validate,
)
from api.serving.code_version import get_code_version
from api.serving.extracts import EXTRACT_ERRORS, EXTRACT_PROGRAM, ExtractCache
from api.serving.rate_limit import RateLimiter
from api.serving.served_releases import ServedReleases
from kg.sandbox import job_folder
from kg.sandbox.job_queue import JobQueue

# The order is the order of matching: what is asked most, fixed addresses, then /{kind}/{key}.
ROUTERS: Final = (
    lists.router,
    health.router,
    meta.router,
    sitemap.router,
    sparql.router,
    validate.router,
    spreadsheet_templates.router,
    named_queries.router,
    reconcile.router,
    reports.router,
    dumps.router,
    changes.router,
    releases.router,
    resolution.router,
    paths.router,
    networks.router,
    relations.router,
    ldes.router,
    model.router,
    pages.router,
    about.router,
    compare.router,
    passages.router,
    feedback.router,
    search.router,
    suggest.router,
    embed.router,
    counts.router,
    maps.router,
    map_tiles.router,
    dereference.router,
)
THREAD_SWITCH_SECONDS: Final = 0.001
"""Seconds after which a thread lets the event loop go on (5 ms otherwise)."""
CHECK_PROGRAM: Final = "kg.dry_run.check_job"
"""The program that checks files, by its name: serving imports nothing of building."""
NO_SNIFF: Final = (b"x-content-type-options", b"nosniff")
COMMON_HEADERS: Final = (
    *((name.lower().encode(), value.encode()) for name, value in CORS_HEADERS.items()),
    NO_SNIFF,
)
"""Headers of every response that does not pass through the framework."""


class App(FastAPI):
    """The framework's application, behind what answers most requests without it."""

    outer_layer: ASGIApp
    fast_path: FastPath

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._normalize_request(scope)
            try:
                await self.outer_layer(scope, receive, send)
            except asyncio.CancelledError:
                with suppress(Exception):  # the answer may have begun
                    await exception_handlers.respond_shutting_down(scope, receive, send)
                raise
        else:
            await self.call_framework(scope, receive, send)

    def try_answer(self, scope: Scope) -> WholeResponse | None:
        """See FastPath.try_answer."""
        self._normalize_request(scope)
        return self.fast_path.try_answer(scope)

    def _normalize_request(self, scope: Scope) -> None:
        """Takes a request in: without tracking parameters, each header once."""
        scope["app"] = self
        scope["query_string"] = remove_tracking_parameters(scope["query_string"])
        scope["headers"] = merge_repeated_headers(scope["headers"])

    async def call_framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework's own layers, routes and errors."""

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                header_names = {name for name, _ in message["headers"]}
                if NO_SNIFF[0] not in header_names:
                    message["headers"] = [*message["headers"], NO_SNIFF]
            await send(message)

        await super().__call__(scope, receive, labelled if scope["type"] == "http" else send)


def create_app(config: AppConfig) -> App:
    """An application over the current release of a folder."""
    current = ServedReleases(config.releases, config.open_executor)
    checks = JobQueue(CHECK_PROGRAM, config.check_limits, validate.CHECK_ERRORS)
    extracting = JobQueue(EXTRACT_PROGRAM, config.extract_limits, EXTRACT_ERRORS)
    made = config.extract_folder or config.releases.parent / "extracts"
    extracts = ExtractCache(made, config.releases, extracting)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        get_code_version()
        sys.setswitchinterval(THREAD_SWITCH_SECONDS)
        gc.freeze()  # what is there from the start is never garbage: it need not be looked at again
        await checks.open()
        await extracting.open()
        with _results_folder(config) as results:
            await current.start(results)
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
    app.state.budgets = RateLimiter(config.client_seconds, config.client_queries)
    app.state.config = config
    app.state.routes = tuple(route for router in ROUTERS for route in router.routes)
    app.add_middleware(AllowedMethods)
    app.add_middleware(CORSMiddleware, **MIDDLEWARE_OPTIONS)
    exception_handlers.install(app)
    for router in ROUTERS:
        app.include_router(router)
    dispatch = DirectDispatch(
        app.call_framework,
        sparql.EXACT_ROUTES,
        dereference.KIND_ROUTES,
        current,
        RELEASE_PARAMETER,
        exception_handlers.respond_to_error,
        COMMON_HEADERS,
    )
    app.fast_path = FastPath(
        CompressionMiddleware(dispatch),
        lambda: current.current_release,
        sparql.SYNC_HANDLERS,
        COMMON_HEADERS,
    )
    app.outer_layer = HeadAsGet(app.fast_path)
    return app


@contextmanager
def _results_folder(config: AppConfig) -> Iterator[Path]:
    """Where costly results are shared: by the processes of a server, or by requests to this one."""
    if config.result_cache_folder is not None:
        yield config.result_cache_folder
        return
    with job_folder.create_private_folder(job_folder.CACHE_FOLDER_PREFIX) as own:
        (own / job_folder.WORK_FOLDER).mkdir()
        yield own / job_folder.WORK_FOLDER
