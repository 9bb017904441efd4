"""Remote backend: queries sent to a SPARQL service over HTTP, within the same limits as ours."""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import httpx
import orjson

from kg import usage_metering
from kg.errors import EngineUnavailable, QueryError, QueryRefused, ReleaseError
from kg.formats import FORM, GRAPH_FORMATS, SPARQL_JSON, Format
from kg.offload import run_in_thread_if_large
from kg.sparql import results_writer
from kg.sparql.backend import Answer, QueryLimits, Question, ResultKind, compute_deadline
from kg.sparql.query_inspection import (
    MAX_INLINE_CHARS,
    Inspection,
    reject_engine_extensions,
)
from kg.sparql.remote.auth import HttpAccount
from kg.sparql.remote.concurrency_limit import ConcurrencyLimit
from kg.sparql.remote.config import (
    EMPTY_GRAPH,
    PUBLISHED_RELEASE_QUERY,
    RELEASE_MARK_GRAPH,
    UNION_GRAPH,
    RemoteConfig,
)
from kg.sparql.remote.request import RemoteRequest, build_engine_error
from kg.sparql.remote.transcode import KIND_OF_FORM, choose_request_format

RELEASE_CHECK_SECONDS: Final = 2.0
"""Seconds between two checks that the service holds the release."""
CONNECT_SECONDS: Final = 5.0
HEALTH_SECONDS: Final = 3.0
"""Seconds that /health waits for an engine."""

log = logging.getLogger(__name__)


class RemoteBackend:
    """Sends queries to a service that holds a release. See kg.sparql.backend.Backend."""

    def __init__(
        self,
        service: RemoteConfig,
        release: str,
        graphs: Iterable[str],
        limits: QueryLimits,
    ) -> None:
        self.limits = limits
        self._service = service.for_release(release)
        self._release = release
        self._graphs = frozenset(graphs)
        self._concurrency = ConcurrencyLimit(service.max_concurrent, limits)
        self._threads = ThreadPoolExecutor(service.max_concurrent, "kg-remote")
        self._client: httpx.AsyncClient | None = None
        self._requests: set[RemoteRequest] = set()
        self._checked_at = 0.0
        self._check_lock = asyncio.Lock()

    async def open(self) -> None:
        """Raises ReleaseError where the service does not hold the release, or cannot be reached."""
        self._client = httpx.AsyncClient(
            auth=HttpAccount(self._service.user, self._service.password)
            if self._service.user
            else None,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )
        try:
            await self._check_release(self.limits.seconds)
        except QueryError as error:
            await self.close()
            raise ReleaseError(str(error), error.french) from error

    async def close(self) -> None:
        """Stops every question; the protocol has no way to stop one in the service itself."""
        self._concurrency.close()
        for request in tuple(self._requests):
            request.stop()
        if self._client is not None:
            await self._client.aclose()
        await asyncio.to_thread(self._threads.shutdown)

    async def state(self) -> dict[str, Any]:
        """The questions that run and wait, and the state of the service (`engine`)."""
        try:
            await self._check_release(HEALTH_SECONDS)
        except QueryError as error:
            return self._concurrency.count_queries() | {"engine": str(error)}
        return self._concurrency.count_queries() | {"engine": "ok"}

    async def run(self, question: Question, inspection: Inspection) -> Answer:
        """See Backend.run."""
        kind, syntax = _choose_kind_and_format(question, inspection)
        refuse = partial(reject_engine_extensions, question.text)
        await run_in_thread_if_large(refuse, len(question.text), MAX_INLINE_CHARS)
        until = compute_deadline(question, self.limits)
        await self._concurrency.acquire(until)
        request: RemoteRequest | None = None
        try:
            if asyncio.get_running_loop().time() - self._checked_at > RELEASE_CHECK_SECONDS:
                await self._check_release(self.limits.seconds)
            request = RemoteRequest(
                self._build_request(question, kind, inspection),
                kind,
                syntax,
                self.limits,
                self._threads,
            )
            self._requests.add(request)
            started, charge = asyncio.get_running_loop().time(), usage_metering.get_charge()

            def end(request: RemoteRequest) -> None:
                charge(asyncio.get_running_loop().time() - started)
                self._end(request)

            return await request.start(self._http, question.text, until, end)
        except BaseException:
            if request is None:
                self._concurrency.release()
            else:
                request.stop()
            raise

    def _end(self, request: RemoteRequest) -> None:
        self._requests.discard(request)
        self._concurrency.release()

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("this backend is not open")
        return self._client

    def _build_request(
        self, question: Question, kind: ResultKind, inspection: Inspection
    ) -> httpx.Request:
        text = f"BASE <{question.base}> {question.text}" if question.base else question.text
        fields: dict[str, str | list[str]] = {
            "query": text,
            **self._build_dataset(question, inspection),
        }
        return self._http.build_request(
            "POST",
            self._service.query_address,
            data=fields | dict(self._service.parameters),
            headers={
                "Accept": choose_request_format(kind).media_type,
                "Content-Type": FORM.media_type,
            },
        )

    def _build_dataset(self, question: Question, inspection: Inspection) -> dict[str, list[str]]:
        """The dataset as protocol parameters; none where the query has a FROM."""
        default, named_graphs = question.default_graphs, question.named_graphs
        if not default and not named_graphs:
            if inspection.has_dataset_clause:
                return {}
            default = (UNION_GRAPH,)
            # to read the list of graphs costs an engine some tenths of a millisecond
            if "graph" in question.text.lower():
                named_graphs = tuple(sorted(self._graphs))
        else:  # an engine may hold graphs that are not of this release
            default, named_graphs = (
                self._select_known_graphs(graphs) for graphs in (default, named_graphs)
            )
        return {
            "default-graph-uri": list(default or (EMPTY_GRAPH,)),
            "named-graph-uri": list(named_graphs or (EMPTY_GRAPH,)),
        }

    def _select_known_graphs(self, graphs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(graph for graph in graphs if graph in self._graphs)

    async def _check_release(self, seconds: float) -> None:
        """Raises EngineUnavailable where the service does not hold the release."""
        async with self._check_lock:
            request = {"query": PUBLISHED_RELEASE_QUERY, "default-graph-uri": RELEASE_MARK_GRAPH}
            headers = {"Accept": SPARQL_JSON.media_type}
            try:
                async with asyncio.timeout(seconds):
                    response = await self._http.post(
                        self._service.query_address, data=request, headers=headers
                    )
            except (httpx.HTTPError, TimeoutError) as error:
                raise EngineUnavailable(
                    "the engine that answers queries cannot be reached",
                    "le moteur qui répond aux requêtes ne peut pas être joint",
                ) from error
            if not response.is_success:
                raise build_engine_error(
                    response.status_code, response.text, PUBLISHED_RELEASE_QUERY, self.limits
                )
            if self._release not in _parse_releases(response.content):
                raise EngineUnavailable(
                    f"the engine does not hold release {self._release} (yet): run `ess-kg publish`",
                    f"le moteur n'a pas (encore) l'édition {self._release} : "
                    "lancez `ess-kg publish`",
                )
            self._checked_at = asyncio.get_running_loop().time()


def _parse_releases(results: bytes) -> set[str]:
    try:
        bindings = orjson.loads(results)["results"]["bindings"]
        return {binding["release"]["value"] for binding in bindings}
    except (ValueError, KeyError, TypeError):
        return set()


def _choose_kind_and_format(
    question: Question, inspection: Inspection
) -> tuple[ResultKind, Format]:
    """The kind and format of the answer. Raises QueryRefused for text that is no query."""
    if inspection.form is None:
        raise QueryRefused(
            "this is not a SPARQL query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE",
            "ce n'est pas une requête SPARQL : elle ne commence par aucun de SELECT, ASK, "
            "CONSTRUCT, DESCRIBE",
        )
    kind = KIND_OF_FORM[inspection.form]
    syntax = question.format or results_writer.choose_default_format(kind)
    if (syntax in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {syntax.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {syntax.name}",
        )
    return kind, syntax
