"""IRI minting and parsing: records, sources, graphs, concepts."""

from dataclasses import dataclass

from kg.namespaces import GRAPH, ID, SCHEME


@dataclass(frozen=True)
class RecordReference:
    """A record named the short way: its kind and its key (`event/inocrea-cycle`)."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"

    @property
    def iri(self) -> str:
        return f"{ID}{self.kind}/{self.key}"


def build_record_iri(kind: str, key: str) -> str:
    """The IRI of a record."""
    return f"{ID}{kind}/{key}"


def parse_record_iri(iri: str) -> RecordReference | None:
    """The record an IRI names or hangs on by fragment, None where it is not one of ours."""
    if not iri.startswith(ID):
        return None
    kind, slash, key = iri[len(ID) :].partition("#")[0].partition("/")
    return RecordReference(kind, key) if slash and key else None


def build_source_iri(name: str) -> str:
    """The IRI of a source."""
    return build_record_iri("source", name)


def build_graph_iri(name: str) -> str:
    """The IRI of a named graph."""
    return GRAPH + name


def build_concept_iri(scheme: str, code: str) -> str:
    """The IRI of a concept in one of the code lists."""
    return f"{SCHEME}{scheme}/{code}"
