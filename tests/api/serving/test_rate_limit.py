"""No client takes more than its share of the engine; light queries cost nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from starlette.requests import Request

from api.dependencies import AppConfig
from api.http.problems import RateLimited
from api.serving import rate_limit
from api.serving.rate_limit import FREE_SECONDS_PER_QUERY, RateLimiter, identify_client
from kg import usage_metering
from kg.namespaces import BASE, expand
from kg.sparql.backend import QueryLimits

LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spend(budgets: RateLimiter, clock: Clock, client: str, seconds: float) -> None:
    with budgets.limit(client):
        usage_metering.get_charge()(seconds)


def test_long_work_empties_the_bucket_and_a_minute_fills_it() -> None:
    clock = Clock()
    budgets = RateLimiter(seconds_per_minute=10, clock=clock)
    spend(budgets, clock, "one", 10 + FREE_SECONDS_PER_QUERY + 5)
    with pytest.raises(RateLimited) as refused:
        budgets.admit("one")
    assert refused.value.wait > 0
    spend(budgets, clock, "other", 1)
    clock.now += refused.value.wait
    budgets.admit("one").end()


def test_light_queries_cost_nothing() -> None:
    clock = Clock()
    budgets = RateLimiter(seconds_per_minute=1, clock=clock)
    for _ in range(1000):
        spend(budgets, clock, "one", FREE_SECONDS_PER_QUERY / 50)
    budgets.admit("one").end()
    # beside them, one that is not light is charged: the budget is not without an end
    spend(budgets, clock, "one", 1000 * FREE_SECONDS_PER_QUERY + 5)
    with pytest.raises(RateLimited):
        budgets.admit("one")


def test_queries_at_once_are_bounded_and_an_end_counts_once() -> None:
    budgets = RateLimiter(max_concurrent=2, clock=Clock())
    first, _ = budgets.admit("one"), budgets.admit("one")
    with pytest.raises(RateLimited, match="2 of your queries"):
        budgets.admit("one")
    first.end()
    first.end()
    budgets.admit("one")
    with pytest.raises(RateLimited):
        budgets.admit("one")


def test_clients_are_forgotten_but_not_while_they_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_CLIENTS", 10)
    budgets = RateLimiter(max_concurrent=1, clock=Clock())
    budgets.admit("busy")
    for number in range(100):
        budgets.admit(str(number)).end()
    assert len(budgets._buckets) <= 11
    with pytest.raises(RateLimited):
        budgets.admit("busy")


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str, client: str) -> None:
    assert identify_client(Request({"type": "http", "client": (host, 1)})) == client


async def test_a_client_with_nothing_left_is_sent_to_the_dumps(
    frozen: Any, open_client: Callable[[AppConfig], Any]
) -> None:
    config = AppConfig(
        frozen / "releases", QueryLimits(seconds=1), query_workers=1, client_seconds=0.5
    )
    async with open_client(config) as client:
        assert (await client.get("/sparql", params={"query": LONG})).status_code == 504
        refused = await client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 1
        assert "/dumps" in refused.json()["detail"]
        assert refused.headers["Cache-Control"] == "no-store"
        named = await client.get("/queries/timeline.csv")
        assert named.status_code == 429
        assert (await client.get("/event")).status_code == 200


async def test_a_client_has_so_many_queries_at_once(
    frozen: Any, open_client: Callable[[AppConfig], Any]
) -> None:
    config = AppConfig(
        frozen / "releases", QueryLimits(seconds=1), query_workers=1, client_queries=2
    )
    async with open_client(config) as client:
        asked = [client.get("/sparql", params={"query": f"{LONG}#{n}"}) for n in range(4)]
        found = sorted(answer.status_code for answer in await asyncio.gather(*asked))
        assert found[:2] == [429, 429]
        assert set(found[2:]) <= {503, 504}  # the second may never get its process
        assert (await client.get("/sparql", params={"query": "ASK {}"})).status_code == 200


async def test_the_limits_are_told(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sparql", headers={"Accept": "application/n-triples"})
    service = ox.NamedNode(f"{BASE}sparql")
    triples = [quad.triple for quad in ox.parse(answer.content, ox.RdfFormat.N_TRIPLES)]
    told = {t.predicate.value for t in triples if t.subject == service}
    names = ("Seconds", "Rows", "Bytes", "Memory", "Queue", "Queries", "RequestBytes")
    wanted = [*names, "ClientSeconds", "ClientQueries"]
    assert {expand(f"ess:limit{name}") for name in wanted} <= told
    default = ox.NamedNode(f"{BASE}sparql#default-graph")
    parts = {t.predicate.value for t in triples if t.subject == default}
    assert {expand("void:classPartition"), expand("void:propertyPartition")} <= parts
