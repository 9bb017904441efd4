"""Co-authors: with whom a person wrote the publications of a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg import iris, queries
from kg.documents.assemble import EntityDocument
from kg.documents.relation_types import list_named
from kg.errors import QueryError
from kg.namespaces import ID, RDF_TYPE, expand
from kg.sparql.client import read_text, select
from kg.sparql.executor import QueryExecutor

AUTHORSHIP, ROLE = expand("vivo:Authorship"), expand("ess:authorshipRole")
AUTHOR = iris.build_concept_iri("authorship-role", "author")
PERSON = f"{ID}person/"


@dataclass(frozen=True)
class Coauthor:
    """Somebody who wrote a publication too."""

    iri: str
    """Empty where the name alone is known."""
    name: str
    """As the publication writes it; empty where it does not say."""


async def read_coauthors(
    executor: QueryExecutor, entity: EntityDocument
) -> Mapping[str, Sequence[Coauthor]]:
    """The other authors of each publication that a person wrote, in order, by its IRI.

    Nothing for other records, and where the engine cannot be asked: the page does without.
    """
    publications = {
        node.partition("#")[0]
        for node, facts in entity.by_subject.items()
        if AUTHORSHIP in list_named(facts, RDF_TYPE) and AUTHOR in list_named(facts, ROLE)
    }
    if not publications or not entity.iri.startswith(PERSON):
        return {}
    named = map(queries.parse_iri, sorted(publications))
    try:
        found = await select(executor, queries.fill("coauthors", publication=named))
    except QueryError:
        return {}
    authors: dict[str, dict[Coauthor, None]] = {}
    for solution in found:
        if read_text(solution, "agent") != entity.iri:
            author = Coauthor(read_text(solution, "agent"), read_text(solution, "name"))
            authors.setdefault(read_text(solution, "publication"), {})[author] = None
    return {publication: tuple(listed) for publication, listed in authors.items()}


def list_coauthor_iris(coauthors: Mapping[str, Sequence[Coauthor]]) -> list[str]:
    """Who they are, where they have records."""
    return [one.iri for listed in coauthors.values() for one in listed if one.iri]
