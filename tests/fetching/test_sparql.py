"""What a query constructs over a real SPARQL service, page by page."""

from collections.abc import Iterator

import httpx
import pytest

from kg.errors import FetchError
from kg.fetching import fetch_source
from tests.fetching.conftest import Describe
from tests.sparql.engines import oxigraph

DATA = "".join(
    f'<http://e.org/{n:02}> <http://schema.org/name> "Lieu {n}" ; <http://e.org/at> '
    f"[ <http://e.org/n> {n} ] .\n"
    for n in range(23)
)
QUERY = """CONSTRUCT { ?s <http://schema.org/name> ?name ; <http://e.org/at> ?at .
  ?at <http://e.org/n> ?n }
WHERE { ?s <http://schema.org/name> ?name ; <http://e.org/at> ?at . ?at <http://e.org/n> ?n }"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with oxigraph() as service:
        httpx.put(
            f"{service.graph_store_address}?default",
            content=DATA.encode(),
            headers={"Content-Type": "text/turtle"},
        ).raise_for_status()
        yield service.query_address


@pytest.mark.parametrize("pages", ["", "pages = { size = 10 }"])
def test_what_is_constructed_is_kept_as_sorted_triples(
    endpoint: str, describe: Describe, pages: str
) -> None:
    order = " ORDER BY ?s" if pages else ""
    source = describe(f'endpoint = "{endpoint}"\nquery = """{QUERY}{order}"""\n{pages}')
    folder = source.folder.parents[1] / "fetches"
    fetched = fetch_source(source, folder)
    assert [(file.name, file.status) for file in fetched.files] == [("construct.nt", "new")]
    lines = (source.folder / "raw" / "construct.nt").read_text("utf-8").splitlines()
    assert len(lines) == 3 * 23
    assert lines == sorted(lines)
    # the blank nodes are called alike the next time
    assert [file.status for file in fetch_source(source, folder).files] == ["unchanged"]


def test_the_query_may_be_a_file_of_the_source(endpoint: str, describe: Describe) -> None:
    source = describe(f'endpoint = "{endpoint}"\nquery = "fetch/lieux.rq"\nfile = "lieux.nt"')
    with pytest.raises(FetchError, match=r"there is no file fetch/lieux\.rq"):
        fetch_source(source, source.folder.parents[1] / "fetches")
    (source.folder / "fetch").mkdir()
    (source.folder / "fetch" / "lieux.rq").write_text(QUERY, "utf-8")
    fetch_source(source, source.folder.parents[1] / "fetches")
    assert (source.folder / "raw" / "lieux.nt").is_file()


@pytest.mark.parametrize(
    ("query", "pages", "said"),
    [
        ("SELECT * { ?s ?p ?o }", "", "is no CONSTRUCT"),
        (QUERY, "pages = { size = 10 }", "no ORDER BY"),
        (f"{QUERY} ORDER BY ?s LIMIT 3", "pages = { size = 10 }", "LIMIT or OFFSET"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s <http://e.org/none> ?o }", "", "constructs nothing"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p", "", "cannot be asked"),
    ],
)
def test_a_query_that_cannot_be_used_is_told(
    endpoint: str, describe: Describe, query: str, pages: str, said: str
) -> None:
    source = describe(f'endpoint = "{endpoint}"\nquery = """{query}"""\n{pages}')
    with pytest.raises(FetchError, match=said):
        fetch_source(source, source.folder.parents[1] / "fetches", wait=lambda _: None)
    assert not (source.folder / "raw").exists()
