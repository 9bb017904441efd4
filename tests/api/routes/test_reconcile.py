"""The reconciliation service answers as its specification says, and refuses what it forbids."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from referencing import Registry, Resource

from api.dependencies import AppConfig
from api.routes import reconcile
from api.serializers.reconciliation_request import MAX_BATCH_QUERIES
from kg.installation import InstallationPaths
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened

Valid = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def conformance(shared: Path) -> Path:
    return shared / "conformance" / "reconciliation" / "0.2"


@pytest.fixture(scope="module")
def valid(conformance: Path) -> Valid:
    """Holds a document to a schema of the specification."""
    schemas = {p.name: json.loads(p.read_bytes()) for p in conformance.glob("schemas/*.json")}
    for schema in schemas.values():
        schema["$schema"] = "http://json-schema.org/draft-07/schema#"
    resources = [(s["$id"], Resource.from_contents(s)) for s in schemas.values() if "$id" in s]
    registry: Any = Registry().with_resources(resources)

    def hold(name: str, document: Any) -> None:
        jsonschema.Draft7Validator(schemas[f"{name}.json"], registry=registry).validate(document)

    return hold


@pytest.fixture
async def real(national: InstallationPaths) -> AsyncIterator[httpx.AsyncClient]:
    releases = national.data / "releases"
    async with opened(AppConfig(releases, QueryLimits(seconds=20), query_workers=1)) as one:
        yield one


async def asked(client: httpx.AsyncClient, queries: Any, language: str = "fr") -> Any:
    form = {"queries": json.dumps(queries)}
    answer = await client.post(f"/reconcile?lang={language}", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("language", ["", "?lang=fr", "?lang=en"])
async def test_the_manifest_is_valid_and_names_addresses_that_answer(
    real: httpx.AsyncClient, valid: Valid, language: str
) -> None:
    manifest = (await real.get(f"/reconcile{language}")).json()
    valid("manifest", manifest)
    assert manifest["batchSize"] == MAX_BATCH_QUERIES
    names = {"entity": "lille", "property": "cod", "type": "org"}
    schemas = {"entity": "entities", "property": "properties", "type": "types"}
    for what, prefix in names.items():
        service = manifest["suggest"][what]
        answer = await real.get(
            service["service_url"] + service["service_path"], params={"prefix": prefix}
        )
        valid(f"suggest-{schemas[what]}-response", answer.json())
        found = answer.json()["result"]
        assert found, what
        address = service["service_url"] + service["flyout_service_path"]
        flyout = await real.get(address.replace("${id}", found[0]["id"]))
        assert flyout.json()["id"] == found[0]["id"]
    view = manifest["view"]["url"].replace("{{id}}", "event%2Finocrea-cycle")
    assert (await real.get(view, headers={"Accept": "text/html"})).status_code == 200
    preview = await real.get(manifest["preview"]["url"].replace("{{id}}", "event/inocrea-cycle"))
    assert "frame-ancestors *" in preview.headers["content-security-policy"]
    assert "script-src" not in preview.headers["content-security-policy"]


async def test_a_batch_gives_candidates_with_scores_that_say_why(
    real: httpx.AsyncClient, valid: Valid
) -> None:
    queries = {
        "exact": {"query": "Think and do task force Matière & stratégie", "type": "organisation"},
        "typo": {"query": "Think and do task force Matiere et strategi"},
        "order": {"query": "Liefooghe Christine", "type": ["person"]},
        "code": {"query": "59350", "type": "territory"},
        "column": {
            "query": "Lille",
            "type": "territory",
            "properties": [{"pid": "kind", "v": "commune"}],
        },
        "only": {"properties": [{"pid": "code", "v": "59350"}], "type": "territory"},
        "nothing": {"query": "xyzzy"},
    }
    found = await asked(real, queries)
    valid("reconciliation-result-batch", found)
    first = {name: (found[name]["result"] or [None])[0] for name in queries}
    assert first["exact"]["id"] == "organisation/session-h-matiere-strategie"
    assert first["exact"]["match"] is True
    assert first["typo"]["id"] == "organisation/session-h-matiere-strategie"
    assert 80 < first["typo"]["score"] < 100
    assert first["order"]["name"] == "Christine Liefooghe"
    assert first["code"] == first["code"] | {"id": "territory/commune-59350", "score": 100.0}
    assert {"id": "identifier", "value": True} in first["code"]["features"]
    assert first["column"]["id"] == "territory/commune-59350"
    assert {"id": "property:kind", "value": 100.0} in first["column"]["features"]
    assert first["only"]["id"] == "territory/commune-59350"
    assert found["nothing"]["result"] == []


async def test_a_name_that_several_have_is_no_certain_match(real: httpx.AsyncClient) -> None:
    found = await asked(real, {"q": {"query": "Saint-Denis", "type": "territory", "limit": 10}})
    best = found["q"]["result"]
    namesakes = [one["description"] for one in best if one["name"] == "Saint-Denis"]
    assert len(namesakes) > 1
    assert len(set(namesakes)) == len(namesakes), "a person could not tell them apart"
    assert not any(one["match"] for one in best)


async def test_what_was_called_so_is_offered_with_its_reason(
    real: httpx.AsyncClient, valid: Valid
) -> None:
    kind = "territory-kind/commune"
    for language, reason in (
        ("fr", "là se trouve ce qui s'appelait Évry jusqu'au 1er janvier 2019"),
        ("en", "holds what was called Évry until 1 January 2019"),
    ):
        found = await asked(real, {"q": {"query": "EVRY", "type": kind}}, language)
        valid("reconciliation-result-batch", found)
        best = found["q"]["result"]
        assert not any(one["match"] for one in best)
        (successor,) = [one for one in best if one["id"] == "territory/commune-91228"]
        assert successor["description"].startswith(reason)
        assert {"id": "former_name", "value": True} in successor["features"]
        assert "description" not in best[0] or "Évry jusqu" not in best[0]["description"]


async def test_columns_choose_among_records_of_one_name(real: httpx.AsyncClient) -> None:
    within = [{"pid": "kind", "v": "commune"}, {"pid": "within", "v": "La Réunion"}]
    known = {"id": "territory/region-04", "name": "La Réunion"}
    queries = {
        "text": {"query": "Saint Denis", "type": "territory", "properties": within},
        "record": {
            "query": "Saint-Denis",
            "type": "territory",
            "properties": [within[0], {"pid": "within", "v": known}],
        },
        "alone": {
            "type": "territory",
            "properties": [within[0], {"pid": "within", "v": "Nord"}],
        },
    }
    found = await asked(real, queries)
    for name in ("text", "record"):
        first = found[name]["result"][0]
        assert (first["id"], first["match"]) == ("territory/commune-97411", True)
        assert {"id": "property:within", "value": 100.0} in first["features"]
    inside = found["alone"]["result"]
    assert len(inside) > 1
    assert all("-59" in one["id"] and not one["match"] for one in inside)


async def test_what_names_a_record_and_what_does_not(real: httpx.AsyncClient) -> None:
    def query(text: str, pid: str = "", value: str = "") -> dict[str, Any]:
        properties = [{"pid": pid, "v": value}] if pid else []
        return {"query": text, "type": "territory", "properties": properties}

    queries = {
        "department": query("59"),
        "island": query("2A004"),
        "column": query("", "code", "59"),
        "iri": query("https://w3id.org/ess-kg/id/territory/commune-59350"),
        "anything": query("Ville", "code INSEE", "59350"),
        "same name": query("Lille", "insee", "59350"),
        "shared": query("Ville", "post_codes", "59000"),
        "number": query("Ville", "population", "59350"),
        "unknown": query("Ajaccio", "colour", "blue"),
        "kinds": {"query": "Lille", "type": ["territory", "event"], "type_strict": "all"},
    }
    found = {name: one["result"] for name, one in (await asked(real, queries)).items()}
    wanted = {
        "department": "departement-59",
        "island": "commune-2A004",
        "column": "departement-59",
        "iri": "commune-59350",
        "anything": "commune-59350",
        "same name": "commune-59350",
    }
    for name, key in wanted.items():
        assert (found[name][0]["id"], found[name][0]["match"]) == (f"territory/{key}", True), name
        assert {"id": "identifier", "value": True} in found[name][0]["features"]
    for name in ("shared", "number"):
        assert not any(f["value"] is True for one in found[name] for f in one["features"][:1])
    assert found["unknown"][0]["score"] == 100.0  # a column that nobody has counts for nothing
    assert found["kinds"] == []


async def test_suggestions_go_on_where_they_ended(real: httpx.AsyncClient) -> None:
    address = "/reconcile/suggest/entity?prefix=saint&cursor="
    first, second = [(await real.get(address + n)).json()["result"] for n in ("0", "20")]
    assert len(first) == len(second) == 20
    assert not {one["id"] for one in first} & {one["id"] for one in second}
    assert "Commune" in first[0]["description"]


async def test_openrefine_adds_the_type_with_a_question_mark(real: httpx.AsyncClient) -> None:
    manifest = (await real.get("/reconcile?lang=en")).json()
    service = manifest["extend"]["propose_properties"]
    address = service["service_url"] + service["service_path"]
    told = (await real.get(f"{address}?type=event")).json()
    assert told["type"] == "event"
    assert {"id": "start", "name": "Start"} in told["properties"]
    assert (await real.get("/reconcile/properties/de")).status_code == 404


async def test_kinds_of_territories_are_types(real: httpx.AsyncClient, valid: Valid) -> None:
    manifest = (await real.get("/reconcile?lang=fr")).json()
    assert {"id": "territory-kind/departement", "name": "Département"} in manifest["defaultTypes"]
    queries = {
        "department": {"query": "Paris", "type": "territory-kind/departement"},
        "any": {"query": "Paris", "type": ["territory", "territory-kind/departement"]},
        "every": {"query": "Metropole europeenne de Lille", "type": "territory-kind/epci"},
    }
    found = await asked(real, queries)
    valid("reconciliation-result-batch", found)
    first = {name: one["result"][0] for name, one in found.items()}
    assert (first["department"]["id"], first["department"]["match"]) == (
        "territory/departement-75",
        True,
    )
    assert (first["any"]["id"], first["any"]["match"]) == ("territory/commune-75056", True)
    assert first["every"]["id"] == "territory/epci-200093201"
    assert [one["id"] for one in first["every"]["type"]] == [
        "territory-kind/metropole",
        "territory",
    ]
    columns = await real.get("/reconcile/properties?type=territory-kind/commune&lang=en")
    assert "population" in [one["id"] for one in columns.json()["properties"]]
    suggested = await real.get("/reconcile/suggest/type?prefix=comm&lang=fr")
    assert {"id": "territory-kind/commune", "name": "Commune"} in suggested.json()["result"]


async def test_numbers_of_any_length_are_refused(real: httpx.AsyncClient) -> None:
    endless = "9" * 5000
    cursor = await real.get(f"/reconcile/suggest/entity?prefix=a&cursor={endless}")
    assert cursor.status_code == 400
    await asked(real, {"q": {"query": "Lille", "limit": 1e300}})
    extend = {
        "ids": ["territory/commune-59350"],
        "properties": [{"id": "within", "settings": {"limit": endless}}],
    }
    answer = await real.post("/reconcile", data={"extend": json.dumps(extend)})
    assert answer.json()["rows"]["territory/commune-59350"]["within"]


async def test_no_more_batches_wait_than_may(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "MAX_WAITING_BATCHES", 0)
    answer = await client.post("/reconcile", data={"queries": '{"q": {"query": "a"}}'})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_examples_of_the_specification(client: httpx.AsyncClient, conformance: Path) -> None:
    folder = conformance / "examples" / "reconciliation-query-batch"
    for file in sorted(folder.glob("invalid/*.json")):
        form = {"queries": file.read_text("utf-8")}
        answer = await client.post("/reconcile", data=form)
        assert answer.status_code == 400, file.name
        assert answer.json()["detail"]
    for file in sorted(folder.glob("valid/*.json")):
        queries = json.loads(file.read_bytes())
        for query in queries.values():
            query.pop("type", None)  # kinds of another service
        await asked(client, queries)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "neither"),
        ({"queries": "{"}, "not JSON"),
        ({"queries": "[]"}, "a JSON object of queries"),
        ({"queries": '{"q": 1}'}, "q: expected"),
        ({"queries": '{"q": {"query": 1}}'}, "q.query"),
        ({"queries": '{"q": {"query": "a", "type": "colour"}}'}, "q.type"),
        ({"queries": '{"q": {"query": "a", "type": [["event"]]}}'}, "q.type"),
        ({"queries": '{"q": {"query": "a", "type": "territory-kind/moon"}}'}, "q.type"),
        ({"queries": '{"q": {"query": "a", "limit": 0}}'}, "q.limit"),
        ({"queries": '{"q": {"query": "a", "type_strict": "maybe"}}'}, "q.type_strict"),
        ({"queries": '{"q": {"query": "a", "properties": [{"pid": "x"}]}}'}, "properties[0].v"),
        ({"queries": json.dumps({f"q{n}": {"query": "a"} for n in range(51)})}, "at most"),
        ({"queries": json.dumps({"q": {"query": "a" * 1_001}})}, "q.query"),
        ({"extend": '{"ids": "a"}'}, "extend.ids"),
        ({"extend": '{"ids": [], "properties": [{}]}'}, "extend.properties[0].id"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    client: httpx.AsyncClient, form: dict[str, str], told: str
) -> None:
    answer = await client.post("/reconcile", data=form or {"other": "x"})
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    "text", ['"', "a AND OR NOT (", "{name} : x", "*", "NEAR(a b)", "a\u0000b", "-" * 300, "é'é"]
)
async def test_no_text_is_an_expression_of_the_index(client: httpx.AsyncClient, text: str) -> None:
    told = await asked(client, {"q": {"query": text}})
    assert isinstance(told["q"]["result"], list)


async def test_an_affiliation_string_may_be_longer_than_a_name(client: httpx.AsyncClient) -> None:
    long, short = [
        (await asked(client, {"q": {"query": text}}))["q"]["result"]
        for text in ("Lille, " * 142, ("Lille, " * 43)[:300])
    ]
    assert long == short


async def test_columns_are_fetched(
    real: httpx.AsyncClient, valid: Valid, conformance: Path
) -> None:
    proposed = (await real.get("/reconcile/properties?type=event&lang=en")).json()
    valid("data-extension-property-proposal", proposed)
    names = [one["id"] for one in proposed["properties"]]
    assert {"start", "territory"} <= set(names)
    extend = {
        "ids": ["event/inocrea-2010-11-04", "event/nothing", "x"],
        "properties": [{"id": name} for name in names[:99]],
    }
    valid("data-extension-query", extend)
    answer = await real.post("/reconcile", data={"extend": json.dumps(extend)})
    told = answer.json()
    valid("data-extension-response", told)
    row = told["rows"]["event/inocrea-2010-11-04"]
    assert {"id": "territory/commune-59350", "name": "Lille"} in row["territory"]
    assert told["rows"]["event/nothing"]["start"] == []


async def test_identifiers_are_fetched_by_their_scheme(
    real: httpx.AsyncClient, valid: Valid
) -> None:
    proposed = (await real.get("/reconcile/properties?type=territory&lang=fr")).json()
    title = {"id": "iso-3166-1", "name": "Code de pays ISO 3166-1"}
    assert title in proposed["properties"]
    extend = {
        "ids": ["territory/country-BE", "territory/commune-59350", "territory/nothing"],
        "properties": [{"id": "code"}, {"id": "siren"}, {"id": "iso-3166-1"}],
    }
    answer = await real.post("/reconcile?lang=fr", data={"extend": json.dumps(extend)})
    told = answer.json()
    valid("data-extension-response", told)
    assert title in told["meta"]
    found = {id_: (row["siren"], row["iso-3166-1"]) for id_, row in told["rows"].items()}
    assert found == {
        "territory/country-BE": ([], [{"str": "BE"}]),
        "territory/commune-59350": ([{"str": "215903501"}], []),
        "territory/nothing": ([], []),
    }


async def test_only_a_form_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/reconcile", json={"queries": {}})
    assert answer.status_code == 415


async def test_a_browser_is_told_how_in_both_languages(client: httpx.AsyncClient) -> None:
    for language, title in (("fr", "Rapprocher un tableau"), ("en", "Reconcile a spreadsheet")):
        page = await client.get(f"/reconcile.html?lang={language}")
        assert title in page.text
        assert f"/reconcile?lang={language}" in page.text
    assert (await client.get("/reconcile")).headers["content-type"] == "application/json"


async def test_a_preview_is_escaped_and_unknown_ids_are_told(client: httpx.AsyncClient) -> None:
    missing = await client.get("/reconcile/preview", params={"id": "event/<script>"})
    assert missing.status_code == 404
    assert "<script>" not in missing.text.replace("\\u003c", "<") or "json" in str(
        missing.headers["content-type"]
    )
    cursor = await client.get("/reconcile/suggest/entity?prefix=a&cursor=x")
    assert cursor.status_code == 400
    assert (await client.get("/reconcile/suggest/colour?prefix=a")).status_code == 404
