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
"""Seconds for which it is believed that the service still holds the release."""
CONNECT_SECONDS: Final = 5.0
HEALTH_SECONDS: Final = 3.0
"""How long /health waits for an engine."""

log = logging.getLogger(__name__)


class RemoteBackend:
    """Puts questions to a service that holds a release. See kg.sparql.backend.Endpoint."""

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
        self._concurrency_limit = ConcurrencyLimit(service.max_concurrent, limits)
        self._threads = ThreadPoolExecutor(service.max_concurrent, "kg-remote")
        self._client: httpx.AsyncClient | None = None
        self._running: set[RemoteRequest] = set()
        self._checked_at = 0.0
        self._check_lock = asyncio.Lock()

    async def open(self) -> None:
        """Raises ReleaseError where the service does not hold the release, or cannot be asked."""
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
        """Stops every question; the service goes on with what it cannot be told to stop."""
        self._concurrency_limit.close()
        for exchange in tuple(self._running):
            exchange.stop()
        if self._client is not None:
            await self._client.aclose()
        await asyncio.to_thread(self._threads.shutdown)

    async def state(self) -> dict[str, Any]:
        """What /health says: the questions under way, and whether the service can be asked."""
        try:
            await self._check_release(HEALTH_SECONDS)
        except QueryError as error:
            return self._concurrency_limit.count_queries() | {"engine": str(error)}
        return self._concurrency_limit.count_queries() | {"engine": "ok"}

    async def run(self, question: Question, inspection: Inspection) -> Answer:
        """See Backend.run."""
        kind, syntax = _choose_kind_and_format(question, inspection)
        refuse = partial(reject_engine_extensions, question.text)
        await run_in_thread_if_large(refuse, len(question.text), MAX_INLINE_CHARS)
        until = compute_deadline(question, self.limits)
        await self._concurrency_limit.acquire(until)
        exchange: RemoteRequest | None = None
        try:
            if asyncio.get_running_loop().time() - self._checked_at > RELEASE_CHECK_SECONDS:
                await self._check_release(self.limits.seconds)
            exchange = RemoteRequest(
                self._build_request(question, kind, inspection),
                kind,
                syntax,
                self.limits,
                self._threads,
            )
            self._running.add(exchange)
            began, spend = asyncio.get_running_loop().time(), usage_metering.get_charge()

            def end(exchange: RemoteRequest) -> None:
                spend(asyncio.get_running_loop().time() - began)
                self._on_request_end(exchange)

            return await exchange.start(self._open_client, question.text, until, end)
        except BaseException:
            if exchange is None:
                self._concurrency_limit.release()
            else:
                exchange.stop()
            raise

    def _on_request_end(self, exchange: RemoteRequest) -> None:
        self._running.discard(exchange)
        self._concurrency_limit.release()

    @property
    def _open_client(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("this endpoint is not open")
        return self._client

    def _build_request(
        self, question: Question, kind: ResultKind, inspection: Inspection
    ) -> httpx.Request:
        text = f"BASE <{question.base}> {question.text}" if question.base else question.text
        fields: dict[str, str | list[str]] = {
            "query": text,
            **self._build_dataset_parameters(question, inspection),
        }
        return self._open_client.build_request(
            "POST",
            self._service.query_address,
            data=fields | dict(self._service.parameters),
            headers={
                "Accept": choose_request_format(kind).media_type,
                "Content-Type": FORM.media_type,
            },
        )

    def _build_dataset_parameters(
        self, question: Question, inspection: Inspection
    ) -> dict[str, list[str]]:
        """The dataset as parameters of the protocol; none where the query names its own."""
        default, named = question.default_graphs, question.named_graphs
        if not default and not named:
            if inspection.has_dataset_clause:
                return {}
            default = (UNION_GRAPH,)
            if "graph" in question.text.lower():  # the list costs an engine some tenths of a ms
                named = tuple(sorted(self._graphs))
        else:  # an engine may hold other graphs than ours
            default, named = (self._select_known_graphs(graphs) for graphs in (default, named))
        return {
            "default-graph-uri": list(default or (EMPTY_GRAPH,)),
            "named-graph-uri": list(named or (EMPTY_GRAPH,)),
        }

    def _select_known_graphs(self, graphs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(graph for graph in graphs if graph in self._graphs)

    async def _check_release(self, seconds: float) -> None:
        """Makes sure that the service holds the release. Raises EngineUnavailable otherwise."""
        async with self._check_lock:
            request = {"query": PUBLISHED_RELEASE_QUERY, "default-graph-uri": RELEASE_MARK_GRAPH}
            headers = {"Accept": SPARQL_JSON.media_type}
            try:
                async with asyncio.timeout(seconds):
                    said = await self._open_client.post(
                        self._service.query_address, data=request, headers=headers
                    )
            except (httpx.HTTPError, TimeoutError) as error:
                raise EngineUnavailable(
                    "the engine that answers queries cannot be reached",
                    "le moteur qui répond aux requêtes ne peut pas être joint",
                ) from error
            if not said.is_success:
                raise build_engine_error(
                    said.status_code, said.text, PUBLISHED_RELEASE_QUERY, self.limits
                )
            if self._release not in _parse_releases(said.content):
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
    """What is asked, in what format. Raises QueryRefused for what is not sent to any engine."""
    asked = inspection.form
    if asked is None:
        raise QueryRefused(
            "this is no SPARQL query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE",
            "ce n'est pas une requête SPARQL : elle ne commence par aucun de SELECT, ASK, "
            "CONSTRUCT, DESCRIBE",
        )
    kind = KIND_OF_FORM[asked]
    syntax = question.format or results_writer.choose_default_format(kind)
    if (syntax in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {syntax.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {syntax.name}",
        )
    return kind, syntax
