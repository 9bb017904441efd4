"""The IRIs this project mints: records, schemes, graphs, and back from them to their parts."""

from dataclasses import dataclass

from kg.namespaces import GRAPH, ID, SCHEME


@dataclass(frozen=True)
class Reference:
    """A record named the short way: its kind and its key (`event/inocrea-cycle`)."""

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"

    @property
    def iri(self) -> str:
        return f"{ID}{self.kind}/{self.key}"


def record(kind: str, key: str) -> str:
    """The IRI of a record."""
    return f"{ID}{kind}/{key}"


def reference(iri: str) -> Reference | None:
    """The record an IRI names or hangs on by fragment, None where it is not one of ours."""
    if not iri.startswith(ID):
        return None
    kind, slash, key = iri[len(ID) :].partition("#")[0].partition("/")
    return Reference(kind, key) if slash and key else None


def source(name: str) -> str:
    """The IRI of a source."""
    return record("source", name)


def graph(name: str) -> str:
    """The IRI of a named graph."""
    return GRAPH + name


def concept(scheme: str, code: str) -> str:
    """The IRI of a concept in one of the code lists."""
    return f"{SCHEME}{scheme}/{code}"
