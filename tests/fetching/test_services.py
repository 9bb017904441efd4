"""Services whose pages recipes take, each as it behaves: paging, keys, limits, ends."""

import io
import json
import re
import time
import tomllib
import zipfile
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any, Final

import pytest

from kg.errors import FetchError
from kg.fetching import fetch_source
from kg.fetching.http_requests import Connection
from kg.proposals import find_recipe, read_file_features
from kg.sources import read_source_description
from kg.sources.fetch_plan import parse_fetch_plan
from tests.conftest import ROOT
from tests.fetching.conftest import Describe
from tests.fetching.publisher import Publisher, Query, Service

RECIPES: Final = ROOT / "data" / "recipes"
FILES: Final = ROOT / "tests" / "recipes"
PAGE: Final = 2
"""Records that a page has here, however many are asked for."""
FETCH: Final = re.compile(r"^(?:# )?\[fetch\]\n((?:.+\n)+)", re.MULTILINE)
Records = Sequence[dict[str, Any]]
Headers = Any


def read_fetch(recipe: str) -> str:
    """What the `[fetch]` of a recipe says, where it waits to be completed too."""
    found = FETCH.search((RECIPES / recipe / "source.toml").read_text("utf-8"))
    return re.sub(r"^# ?", "", found[1], flags=re.MULTILINE) if found else ""


def read_records(recipe: str, file: str, member: str) -> Records:
    """Its small records, several times over, so that they fill pages."""
    content: Any = json.loads((FILES / recipe / file).read_bytes())
    for name in filter(None, member.split(".")):
        content = content[name]
    return [dict(record) for _ in range(3) for record in content][: 2 * PAGE + 1]


def dump(content: object) -> tuple[int, bytes]:
    return 200, json.dumps(content).encode()


def serve_hal(records: Records) -> Service:
    """Solr: a cursor needs an order that ends with a key; the last one comes again."""

    def answer(query: Query, _: Headers) -> tuple[int, bytes]:
        if not query["sort"][0].startswith("docid "):
            return 400, b""
        cursor = query["cursorMark"][0]
        start = 0 if cursor == "*" else int(cursor.removeprefix("AoE"))
        end = min(start + PAGE, len(records))
        fresh = cursor if start == len(records) else f"AoE{end}"
        return dump({"response": {"docs": records[start:end]}, "nextCursorMark": fresh})

    return answer


def serve_openalex(records: Records) -> Service:
    """A cursor after every page that has results, none after an empty one."""

    def answer(query: Query, _: Headers) -> tuple[int, bytes]:
        cursor = query["cursor"][0]
        start = 0 if cursor == "*" else int(cursor.removeprefix("Ils="))
        found = records[start : start + PAGE]
        fresh = f"Ils={start + PAGE}" if found else None
        return dump({"meta": {"count": len(records), "next_cursor": fresh}, "results": found})

    return answer


def serve_openagenda(records: Records) -> Service:
    """A key in a header, a cursor of two values, which the first page has none of."""

    def answer(query: Query, headers: Headers) -> tuple[int, bytes]:
        if headers.get("key") != "s3cret":
            return 401, b""
        after = query.get("after[]", ["0", "0"])
        start = int(after[1])
        fresh = [1_700_000_000, start + PAGE] if start + PAGE < len(records) else None
        return dump({"success": True, "events": records[start : start + PAGE], "after": fresh})

    return answer


def serve_sirene(records: Records) -> Service:
    """A key, thirty requests a minute, a cursor that ends by being the one that was asked for."""
    limited = [429, 429]

    def answer(query: Query, headers: Headers) -> tuple[int, bytes]:
        if headers.get("x-insee-api-key-integration") != "s3cret":
            return 401, b""
        cursor = query["curseur"][0]
        if cursor != "*" and limited:
            return limited.pop(), b""
        start = 0 if cursor == "*" else int(cursor.removeprefix("AoJ"))
        if start >= len(records):
            return dump({"header": {"statut": 200, "curseurSuivant": cursor}, "unitesLegales": []})
        fresh = f"AoJ{start + PAGE}"
        head = {"statut": 200, "curseur": cursor, "curseurSuivant": fresh}
        return dump({"header": head, "unitesLegales": records[start : start + PAGE]})

    return answer


def serve_numbered(member: str) -> Any:
    """Pages by number; one after the last is empty."""

    def serve(records: Records) -> Service:
        def answer(query: Query, _: Headers) -> tuple[int, bytes]:
            start = PAGE * (int(query["page"][0]) - 1)
            return dump({member: records[start : start + PAGE], "total": len(records)})

        return answer

    return serve


@pytest.mark.parametrize("recipe", sorted(path.name for path in RECIPES.iterdir()))
def test_what_a_recipe_says_of_its_fetch_can_be_read(recipe: str) -> None:
    if entries := read_fetch(recipe):
        assert parse_fetch_plan(tomllib.loads(f"[fetch]\n{entries}")["fetch"])


@pytest.mark.parametrize(
    ("recipe", "file", "member", "serve"),
    [
        ("hal", "answer.json", "response.docs", serve_hal),
        ("openalex", "works.json", "results", serve_openalex),
        ("openagenda", "events.json", "events", serve_openagenda),
        ("sirene-api", "unites.json", "unitesLegales", serve_sirene),
        ("annuaire-entreprises", "annuaire.json", "results", serve_numbered("results")),
        ("data-inclusion-structures", "structures.json", "", serve_numbered("items")),
    ],
)
def test_every_page_of_a_service_is_taken_once(
    publisher: Publisher, describe: Describe, monkeypatch: pytest.MonkeyPatch,
    recipe: str, file: str, member: str, serve: Any,
) -> None:  # fmt: skip
    records = read_records(recipe, file, member)
    publisher.service = serve(records)
    for key in ("OPENAGENDA_KEY", "INSEE_API_KEY", "DATA_INCLUSION_AUTHORIZATION"):
        monkeypatch.setenv(key, "s3cret")
    source = describe(re.sub(r"https://[^/\"]+", publisher.address, read_fetch(recipe)))
    waits: list[float] = []
    (fetched,) = fetch_source(source, source.folder.parents[1] / "fetches", wait=waits.append).files
    path = source.folder / "raw" / fetched.name
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == records
    # quotas are by the minute
    assert sum(waits) >= (30 if recipe == "sirene-api" else 0)
    # what came is recognised as what the recipe takes
    recipes = [read_source_description(one.parent) for one in RECIPES.glob("*/source.toml")]
    found, _ = find_recipe(read_file_features(path), recipes)
    assert found is not None
    assert found.name == recipe


def test_a_page_whose_list_has_numbers_for_names_is_taken(
    publisher: Publisher, describe: Describe
) -> None:
    """PHP writes one so where an element was taken out of it, and an empty one as a list."""
    found = [{"0": {"uid": 1}, "2": {"uid": 2}}, [{"uid": 3}], []]
    publisher.service = lambda query, _: dump({"events": found[int(query["page"][0]) - 1]})
    source = describe(
        f'url = "{publisher.address}/events"\nfile = "events.jsonl"\n'
        'pages = { parameter = "page", first = 1, records = "events" }'
    )
    fetch_source(source, source.folder.parents[1] / "fetches")
    lines = (source.folder / "raw" / "events.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"key": "0", "uid": 1},
        {"key": "2", "uid": 2},
        {"uid": 3},
    ]


TEI = '<TEI xmlns="http://www.tei-c.org/ns/1.0"><listBibl>{}</listBibl></TEI>'
DEPOSIT = "<biblFull><editionStmt><edition n='{}'>Édition</edition></editionStmt></biblFull>"


def serve_tei(count: int) -> Service:
    """Documents of their own, each with its declaration; one after the last has no deposit."""

    def answer(query: Query, _: Headers) -> tuple[int, bytes]:
        start, rows = int(query["start"][0]), int(query["rows"][0])
        found = [DEPOSIT.format(n) for n in range(start, min(start + rows, count))]
        encoding = "ISO-8859-1" if start else "UTF-8"
        text = f"<?xml version='1.0' encoding='{encoding}'?>\n<?xml-model href='x'?>\n"
        return 200, (text + TEI.format("".join(found))).encode(encoding)

    return answer


def test_every_page_of_xml_is_taken(publisher: Publisher, describe: Describe) -> None:
    publisher.service = serve_tei(1100)
    source = describe(re.sub(r"https://[^/\"]+", publisher.address, read_fetch("hal-tei")))
    fetch_source(source, source.folder.parents[1] / "fetches")
    path = source.folder / "raw" / "deposits.xml"
    features = read_file_features(path, "biblFull")
    (table,) = features.tables
    assert table.opened.rows == 1100
    assert all("Édition" in cell for cell in table.values["editionStmt"])
    recipes = [read_source_description(one.parent) for one in RECIPES.glob("*/source.toml")]
    found, _ = find_recipe(features, recipes)
    assert found is not None
    assert found.name == "hal-tei"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b"<TEI><listBibl>"), "does not answer in XML"),
        ((200, b"{}"), "does not answer in XML"),
        ((200, TEI.format("").encode()), "gives no biblFull"),
        ((404, b""), "answers 404"),
    ],
)
def test_pages_that_are_no_xml_are_told(
    publisher: Publisher, describe: Describe, answer: tuple[int, bytes], said: str
) -> None:
    publisher.service = lambda _, __: answer
    source = describe(re.sub(r"https://[^/\"]+", publisher.address, read_fetch("hal-tei")))
    with pytest.raises(FetchError, match=said):
        fetch_source(source, source.folder.parents[1] / "fetches")
    assert not (source.folder / "raw").exists()


def test_without_its_key_a_service_says_where_to_write_it(
    publisher: Publisher, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.service = serve_sirene([])
    monkeypatch.setenv("INSEE_API_KEY", "of another account")
    source = describe(re.sub(r"https://[^/\"]+", publisher.address, read_fetch("sirene-api")))
    with pytest.raises(FetchError, match=r"answers 401 .* write it in \[fetch\] headers"):
        fetch_source(source, source.folder.parents[1] / "fetches")


def test_of_the_dump_of_ror_the_present_schema_is_taken(
    publisher: Publisher, describe: Describe
) -> None:
    lines = (FILES / "ror" / "ror.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in ("ror-data.json", "ror-data.csv", "ror-data_schema_v2.csv"):
            zipped.writestr(f"v1.63-2025-04-03-{name}", b"[]")
        zipped.writestr("v1.63-2025-04-03-ror-data_schema_v2.json", json.dumps(records))
    publisher.files["/records/7/files/v1-ror-data.zip?download=1"] = archive.getvalue()
    entries = read_fetch("ror").replace("NUMBER", "7").replace("VERSION", "v1")
    source = describe(re.sub(r"https://[^/\"]+", publisher.address, entries))
    fetch_source(source, source.folder.parents[1] / "fetches")
    assert json.loads((source.folder / "raw" / "ror.json").read_bytes()) == records


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        ("503", "", 1, 1),
        ("429", "", 10, 10),
        ("429", "7", 7, 7),
        ("503", "Sun, 01 Nov 2026 00:00:00 GMT", 0, 0),
        ("503", "soon", 1, 1),
    ],
)
def test_a_busy_service_is_given_the_time_that_it_asks_for(
    status: str, retry_after: str, least: float, most: float
) -> None:
    waits: list[float] = []
    with Connection({}, waits.append) as connection:
        assert connection.try_again(1, status, retry_after)
        far = formatdate(4_000_000_000, usegmt=True)
        assert not connection.try_again(1, status, far)
    assert least <= waits[0] <= most


def test_a_busy_service_may_name_the_moment_of_the_next_attempt() -> None:
    waits: list[float] = []
    with Connection({}, waits.append) as connection:
        assert connection.try_again(1, "503", formatdate(time.time() + 20, usegmt=True))
    assert 0 < waits[0] <= 20
