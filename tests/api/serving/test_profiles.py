"""A record speaks the vocabularies of its readers, with terms that those vocabularies have."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from rdflib import Graph

from api.dependencies import AppConfig
from api.serving.profiles import PROFILES
from kg import queries
from kg.installation import InstallationPaths
from kg.namespaces import PREFIXES
from tests.api.conftest import opened

EVENT = "/event/inocrea-2010-11-04"
PERSON = "/person/inocrea-liefooghe"
ORGANISATION = "/organisation/sharers-workers-cnam"


@pytest.fixture(scope="module")
async def real(national: InstallationPaths) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(national.data / "releases", query_workers=1)) as one:
        yield one


def triples(answer: httpx.Response) -> set[ox.Triple]:
    assert answer.status_code == 200, answer.text
    return {quad.triple for quad in ox.parse(answer.content, ox.RdfFormat.TURTLE)}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.token)
@pytest.mark.parametrize("path", [EVENT, PERSON, ORGANISATION])
async def test_a_record_comes_in_each_profile(
    real: httpx.AsyncClient, profile: Any, path: str
) -> None:
    if profile.token == "essglobal" and path != ORGANISATION:
        pytest.skip("ESSGlobal describes organisations")
    by_name = await real.get(f"{path}.ttl", params={"profile": profile.token})
    headers = {"Accept": "text/turtle", "Accept-Profile": f"<urn:x>; q=1, <{profile.iri}>; q=0.9"}
    by_header = await real.get(path, headers=headers)
    assert triples(by_name) == triples(by_header)
    assert by_name.headers["Content-Profile"] == f"<{profile.iri}>"
    assert "Accept-Profile" in by_name.headers["Vary"]
    thing = ox.NamedNode(f"https://w3id.org/ess-kg/id{path}")
    said = [t for t in triples(by_name) if t.subject == thing]
    assert len(said) >= 2
    tree = (await real.get(f"{path}.jsonld", params={"profile": profile.token})).json()
    assert thing.value in (tree.get("@id"), tree.get("id"))


async def test_profiles_have_etags_of_their_own_and_name_each_other(
    real: httpx.AsyncClient,
) -> None:
    found = [await real.get(f"{EVENT}.ttl", params={"profile": p.token}) for p in PROFILES]
    assert len({answer.headers["ETag"] for answer in found}) == len(PROFILES)
    plain = await real.get(EVENT, headers={"Accept": "text/turtle"})
    other = await real.get(
        EVENT, headers={"Accept": "text/turtle", "Accept-Profile": "<https://schema.org/>"}
    )
    assert plain.headers["ETag"] != other.headers["ETag"]
    for profile in PROFILES[1:]:
        assert (
            f'?profile={profile.token}>; rel="alternate"; profile="{profile.iri}"'
            in (plain.headers["Link"])
        )
    unknown = await real.get(EVENT, params={"profile": "nothing"})
    assert unknown.status_code == 406
    assert "schema" in unknown.json()["detail"]


async def test_the_signposts_of_a_record(real: httpx.AsyncClient) -> None:
    link = (await real.get(EVENT)).headers["Link"]
    for relation in ("cite-as", "describes", "license", "collection", "type", "alternate"):
        assert f'rel="{relation}"' in link
    assert '<https://w3id.org/ess-kg/id/event/inocrea-2010-11-04>; rel="cite-as"' in link


async def test_schema_org_stands_in_the_page_and_nothing_gets_out_of_it(
    real: httpx.AsyncClient,
) -> None:
    page = await real.get(EVENT, headers={"Accept": "text/html"})
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.S)
    assert not set("<>&") & set(text)
    told = json.loads(text)
    assert told["@context"] == "https://schema.org/"
    assert told["@type"] == "Event"
    assert told["startDate"].startswith("2010-11-04")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def schema_org_block(page: httpx.Response) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.S)
    block: dict[str, Any] = json.loads(text)
    return block


async def test_search_engines_find_what_a_record_is_linked_with_where_it_is_named(
    real: httpx.AsyncClient,
) -> None:
    """They read `location.name`; a name elsewhere under the same `@id` is no name to most."""
    told = schema_org_block(await real.get(EVENT, headers={"Accept": "text/html"}))
    venue, town = told["location"]
    assert (venue["@type"], venue["name"]["@value"]) == ("Place", "MESHS – Salle 2")
    assert (town["@type"], town["name"]["@value"]) == ("AdministrativeArea", "Lille")
    assert told["performer"]["name"]["@value"] == "Benjamin Grassineau"
    assert told["performer"]["@type"] == "Person"
    assert told["superEvent"]["@type"] == "Event"
    assert {topic["@type"] for topic in told["about"]} == {"DefinedTerm"}
    assert "/scheme/" not in json.dumps(told)


async def test_a_place_is_contained_in_its_commune(real: httpx.AsyncClient) -> None:
    """`location` is of events and organisations in schema.org."""
    told = schema_org_block(
        await real.get("/place/inocrea-meshs-salle-2", headers={"Accept": "text/html"})
    )
    assert told["@type"] == "Place"
    assert told["containedInPlace"]["name"]["@value"] == "Lille"
    assert "location" not in told


@pytest.mark.parametrize("path", [EVENT, PERSON, ORGANISATION, "/territory/commune-59350"])
async def test_schema_org_as_json_says_what_it_says_as_turtle(
    real: httpx.AsyncClient, path: str
) -> None:
    plain = triples(await real.get(f"{path}.ttl?profile=schema"))
    tree = (await real.get(f"{path}.jsonld?profile=schema")).json()
    tree["@context"] = {"@vocab": "https://schema.org/"}
    found = {quad.triple for quad in ox.parse(json.dumps(tree), ox.RdfFormat.JSON_LD)}
    assert {(t.subject, t.predicate) for t in found} == {(t.subject, t.predicate) for t in plain}
    assert {t for t in plain if isinstance(t.object, ox.NamedNode)} == {
        t for t in found if isinstance(t.object, ox.NamedNode)
    }


def terms(profile: str, prefix: str) -> set[str]:
    text = queries.read_query(f"profiles/{profile}")
    return {PREFIXES[prefix] + name for name in re.findall(rf"(?<!\w){prefix}:([\w-]+)", text)}


@pytest.mark.parametrize(("profile", "folder"), [("pair", "pair"), ("essglobal", "essglobal")])
def test_the_terms_of_others_exist(shared: Path, profile: str, folder: str) -> None:
    vocabulary = Graph()
    for path in sorted((shared / "data" / "vocab" / folder).glob("*.ttl")):
        vocabulary.parse(path, format="turtle")
    known = {str(term) for term in vocabulary.subjects()}
    known |= {iri.replace("/vocab/v1.1/", "/vocab/") for iri in known}
    used = terms(profile, profile)
    assert used
    assert not {term for term in used if term not in known}
