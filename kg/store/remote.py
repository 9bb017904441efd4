"""The endpoint that answers from a SPARQL service elsewhere, within the same limits as ours."""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from kg import meter
from kg.errors import EngineUnavailable, QueryError, QueryRefused, ReleaseError
from kg.formats import FORM, GRAPH_FORMATS, SPARQL_JSON, Format
from kg.store import answers
from kg.store.account import Account
from kg.store.conversion import KINDS, asked_as
from kg.store.endpoint import Answer, Kind, Limits, Question, deadline
from kg.store.exchange import Exchange, told_by_engine
from kg.store.query_text import (
    SHORT,
    Reading,
    read_aside,
    refuse_extensions,
    refuse_what_is_not_allowed,
)
from kg.store.reading import aside
from kg.store.service import MARK, NOTHING, UNION, WHICH, Service
from kg.store.shared import Shared
from kg.store.together import Together
from kg.store.turns import Turns

LOOK_EVERY: Final = 2.0
"""Seconds for which it is believed that the service still holds the release."""
CONNECT_SECONDS: Final = 5.0
HEALTH_SECONDS: Final = 3.0
"""How long /health waits for an engine."""

log = logging.getLogger(__name__)


class RemoteEndpoint:
    """Puts questions to a service that holds a release. See kg.store.endpoint.Endpoint."""

    steps = None  # the store is elsewhere

    def __init__(
        self,
        service: Service,
        release: str,
        graphs: Iterable[str],
        limits: Limits,
        answers: Path | None = None,
    ) -> None:
        """`answers`: where the processes of a server share what they found."""
        self.limits = limits
        self._service = service.of(release)
        self._release = release
        self._graphs = frozenset(graphs)
        self._turns = Turns(service.at_once, limits)
        self._threads = ThreadPoolExecutor(service.at_once, "kg-remote")
        self._client: httpx.AsyncClient | None = None
        self._under_way: set[Exchange] = set()
        self._together = Together(limits)
        self._answers = answers
        self._looked = 0.0
        self._looking = asyncio.Lock()

    async def open(self) -> None:
        """Raises ReleaseError where the service does not hold the release, or cannot be asked."""
        if self._answers is not None:
            edition = f"{self._service.query} {self._release}"
            self._together = Together(self.limits, Shared(self._answers, edition, self.limits))
        self._client = httpx.AsyncClient(
            auth=Account(self._service.user, self._service.password)
            if self._service.user
            else None,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )
        try:
            await self._look(self.limits.seconds)
        except QueryError as error:
            await self.close()
            raise ReleaseError(str(error), error.french) from error

    async def close(self) -> None:
        """Stops every question; the service goes on with what it cannot be told to stop."""
        self._turns.close()
        for exchange in tuple(self._under_way):
            exchange.stop()
        if self._client is not None:
            await self._client.aclose()
        await asyncio.to_thread(self._threads.shutdown)
        self._together.close()

    async def state(self) -> dict[str, Any]:
        """What /health says: the questions under way, and whether the service can be asked."""
        try:
            await self._look(HEALTH_SECONDS)
        except QueryError as error:
            return self._turns.counts() | {"engine": str(error)}
        return self._turns.counts() | {"engine": "ok"}

    def at_once(self, question: Question) -> None:
        """Nothing: every question crosses a network."""

    async def ask(self, question: Question) -> Answer:
        """See Endpoint.ask."""
        asked = asyncio.get_running_loop().time() if question.asked is None else question.asked
        question = replace(question, asked=asked)
        told = await read_aside(question.text)
        kind, syntax = _wanted(question, told)
        await aside(partial(refuse_extensions, question.text), len(question.text), SHORT)
        put = partial(self._put, kind, syntax, told)
        return await self._together.ask(question, put, repeatable=told.repeatable)

    async def _put(self, kind: Kind, syntax: Format, told: Reading, question: Question) -> Answer:
        until = deadline(question, self.limits)
        await self._turns.take(until)
        exchange: Exchange | None = None
        try:
            if asyncio.get_running_loop().time() - self._looked > LOOK_EVERY:
                await self._look(self.limits.seconds)
            exchange = Exchange(
                self._request(question, kind, told), kind, syntax, self.limits, self._threads
            )
            self._under_way.add(exchange)
            began, spend = asyncio.get_running_loop().time(), meter.charged()

            def end(exchange: Exchange) -> None:
                spend(asyncio.get_running_loop().time() - began)
                self._end(exchange)

            return await exchange.start(self._http, question.text, until, end)
        except BaseException:
            if exchange is None:
                self._turns.give_back()
            else:
                exchange.stop()
            raise

    def _end(self, exchange: Exchange) -> None:
        self._under_way.discard(exchange)
        self._turns.give_back()

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            raise RuntimeError("this endpoint is not open")
        return self._client

    def _request(self, question: Question, kind: Kind, told: Reading) -> httpx.Request:
        text = f"BASE <{question.base}> {question.text}" if question.base else question.text
        fields: dict[str, str | list[str]] = {"query": text, **self._dataset(question, told)}
        return self._http.build_request(
            "POST",
            self._service.query,
            data=fields | dict(self._service.parameters),
            headers={"Accept": asked_as(kind).media_type, "Content-Type": FORM.media_type},
        )

    def _dataset(self, question: Question, told: Reading) -> dict[str, list[str]]:
        """The dataset as parameters of the protocol; none where the query names its own."""
        default, named = question.default_graphs, question.named_graphs
        if not default and not named:
            if told.names_graphs:
                return {}
            default = (UNION,)
            if "graph" in question.text.lower():  # the list costs an engine some tenths of a ms
                named = tuple(sorted(self._graphs))
        else:  # an engine may hold other graphs than ours
            default, named = (self._known(graphs) for graphs in (default, named))
        return {
            "default-graph-uri": list(default or (NOTHING,)),
            "named-graph-uri": list(named or (NOTHING,)),
        }

    def _known(self, graphs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(graph for graph in graphs if graph in self._graphs)

    async def _look(self, seconds: float) -> None:
        """Makes sure that the service holds the release. Raises EngineUnavailable otherwise."""
        async with self._looking:
            request = {"query": WHICH, "default-graph-uri": MARK}
            headers = {"Accept": SPARQL_JSON.media_type}
            try:
                async with asyncio.timeout(seconds):
                    said = await self._http.post(self._service.query, data=request, headers=headers)
            except (httpx.HTTPError, TimeoutError) as error:
                raise EngineUnavailable(
                    "the engine that answers queries cannot be reached",
                    "le moteur qui répond aux requêtes ne peut pas être joint",
                ) from error
            if not said.is_success:
                raise told_by_engine(said.status_code, said.text, WHICH, self.limits)
            if self._release not in _releases(said.content):
                raise EngineUnavailable(
                    f"the engine does not hold release {self._release} (yet): run `ess-kg publish`",
                    f"le moteur n'a pas (encore) l'édition {self._release} : "
                    "lancez `ess-kg publish`",
                )
            self._looked = asyncio.get_running_loop().time()


def _releases(results: bytes) -> set[str]:
    try:
        bindings = orjson.loads(results)["results"]["bindings"]
        return {binding["release"]["value"] for binding in bindings}
    except (ValueError, KeyError, TypeError):
        return set()


def _wanted(question: Question, told: Reading) -> tuple[Kind, Format]:
    """What is asked, in what format. Raises QueryRefused for what is not sent to any engine."""
    refuse_what_is_not_allowed(told)
    asked = told.form
    if asked is None:
        raise QueryRefused(
            "this is no SPARQL query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE",
            "ce n'est pas une requête SPARQL : elle ne commence par aucun de SELECT, ASK, "
            "CONSTRUCT, DESCRIBE",
        )
    kind = KINDS[asked]
    syntax = question.format or answers.default_format(kind)
    if (syntax in GRAPH_FORMATS) != (kind == "graph"):
        raise QueryRefused(
            f"an answer that is a {kind} cannot be written as {syntax.name}",
            f"la réponse de cette requête ne peut pas s'écrire en {syntax.name}",
        )
    return kind, syntax
