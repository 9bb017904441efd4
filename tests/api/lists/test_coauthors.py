"""Publications on the page of a person: with whom they were written, without the person's name."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from kg.namespaces import GRAPH, ID, PREFIXES, SCHEME
from tests.api.lists.conftest import client_of, freeze_graph
from tests.api.lists.test_pages import HTML, Page

AUTHORS = {
    "alone": [("ada", "Lovelace, Ada")],
    "both": [("ada", "Ada Lovelace"), ("charles", "C. Babbage")],
    "unlinked": [("ada", "A. A. Lovelace"), ("", "Luigi Menabrea")],
    "many": [("ada", "Ada Lovelace"), *(("", f"Auteur {number}") for number in range(9))],
}
ROLE = f"{SCHEME}authorship-role/"


def write_graph() -> bytes:
    """People and publications, each author by an authorship in order."""
    lines = [f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items()]
    lines.append(f"GRAPH <{GRAPH}alpha> {{")
    for key, name in (("ada", "Ada Lovelace"), ("charles", "Charles Babbage")):
        lines.append(f'<{ID}person/{key}> a foaf:Person ; skos:prefLabel "{name}"@fr .')
    for key, authors in AUTHORS.items():
        own = f"<{ID}publication/{key}>"
        lines.append(f'{own} a bibo:Document ; skos:prefLabel "Titre {key}"@fr .')
        for rank, (agent, written) in enumerate(authors, 1):
            node = f"<{ID}publication/{key}#authorship-alpha-{rank}>"
            lines.append(
                f"{own} vivo:relatedBy {node} . {node} a vivo:Authorship ; vivo:rank {rank} ; "
                f'ess:authorshipRole <{ROLE}author> ; ess:nameAsWritten "{written}"@fr .'
            )
            if agent:
                lines.append(f"{node} vivo:relates <{ID}person/{agent}> .")
    return "\n".join([*lines, "}"]).encode()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze_graph(tmp_path_factory.mktemp("coauthors") / "releases", write_graph())


@pytest.fixture(scope="module")
async def client(told: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(told) as one:
        yield one


@pytest.mark.parametrize("address", ["/person/ada", "/relations/person/ada"])
@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("alone", "Titre alone"),
        ("both", "Titre both · avec Charles Babbage"),
        ("unlinked", "Titre unlinked · avec Luigi Menabrea · sous le nom A. A. Lovelace"),
        (
            "many",
            "Titre many · avec Auteur 0, Auteur 1, Auteur 2, Auteur 3, Auteur 4, Auteur 5 "
            "et 3 autres",
        ),
    ],
)
async def test_a_person_reads_with_whom_and_not_the_own_name(
    client: httpx.AsyncClient, address: str, title: str, line: str
) -> None:
    text = (await client.get(address, headers=HTML)).text
    (row,) = [row for row in text.split("<li>") if f"Titre {title}<" in row]
    assert Page(row.partition("</li>")[0]).text == line
    # what all of them are to the person is told once
    assert text.count('class="role"') == 1


async def test_names_as_written_stay_in_the_data(client: httpx.AsyncClient) -> None:
    text = (await client.get("/relations/person/ada.csv")).text
    assert "Lovelace, Ada" in text
    assert "Babbage" not in text


async def test_a_publication_names_all_its_authors(client: httpx.AsyncClient) -> None:
    shown = Page((await client.get("/publication/both", headers=HTML)).text)
    assert "Ada Lovelace" in shown.text
    assert "Charles Babbage · sous le nom C. Babbage" in shown.text
    assert "avec Charles" not in shown.text
