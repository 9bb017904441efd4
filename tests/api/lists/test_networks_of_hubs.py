"""The network of what very many shortcuts point to: its own links are all there."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kg.namespaces import GRAPH, ID, PREFIXES
from tests.api.lists.conftest import client_of, freeze_graph

PARTS, HELD = 20, 12_000


def write_graph() -> bytes:
    """A country with some parts, and with shortcuts to what it holds at any level."""
    country = f"<{ID}territory/country-FR>"
    lines = [f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items()]
    lines += [
        f"GRAPH <{GRAPH}alpha> {{",
        f'{country} a ess:Territory ; skos:prefLabel "France"@fr .',
    ]
    for number in range(PARTS):
        part = f"<{ID}territory/region-{number}>"
        lines.append(f'{part} a ess:Territory ; skos:prefLabel "Région {number}"@fr ;')
        lines.append(f"  ess:within {country} .")
    lines.append("}")
    lines.append(f"GRAPH <{GRAPH}derived> {{")
    lines += [
        f"<{ID}territory/commune-{number}> ess:withinTransitive {country} ."
        for number in range(HELD)
    ]
    return "\n".join([*lines, "}"]).encode()


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    releases: Path = tmp_path_factory.mktemp("hub") / "releases"
    async with client_of(freeze_graph(releases, write_graph())) as one:
        yield one


async def test_shortcuts_hide_no_link(client: httpx.AsyncClient) -> None:
    found = (await client.get("/graph/territory/country-FR.json")).json()
    assert [(each["key"], each["count"]) for each in found["relations"]] == [("includes", PARTS)]
    assert found["complete"]
