"""Configuration of a remote SPARQL service: addresses, account, graphs of a published release.

A service (a dataset of an engine) holds one release: its named graphs as they are, their union in
UNION_GRAPH, since engines do not agree on what their default graph is, and its id in
RELEASE_MARK_GRAPH. The mark is written last and removed first, so that an incomplete release is
never queried. See docs/decisions/0019.
"""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from kg.namespaces import BASE, GRAPH, expand

UNION_GRAPH: Final = GRAPH + "union"
"""The default graph of every question that names no graphs."""
RELEASE_MARK_GRAPH: Final = GRAPH + "published"
"""The graph that holds the id of the release."""
EMPTY_GRAPH: Final = BASE + "graph/nothing"
"""A graph that is always empty."""
IDENTIFIER_PROPERTY: Final = expand("dct:identifier")
PART_PROPERTY: Final = expand("dct:hasPart")
PUBLISHED_RELEASE_QUERY: Final = (
    f"SELECT ?release {{ <{UNION_GRAPH}> <{IDENTIFIER_PROPERTY}> ?release }}"
)
"""A query for the id of the release, with RELEASE_MARK_GRAPH as its dataset."""
RELEASE_PLACEHOLDER: Final = "{release}"


@dataclass(frozen=True)
class RemoteConfig:
    """A SPARQL service: its addresses, account and limits."""

    query_address: str
    """Address of the SPARQL 1.1 Protocol; `{release}` in it stands for the id of a release."""
    graph_store_address: str = ""
    """Address of the SPARQL 1.1 Graph Store HTTP Protocol, for publishing; `{release}` likewise."""
    user: str = ""
    password: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    """Parameters sent with each query, such as an engine's own time limit."""
    max_concurrent: int = 8
    """Questions that one server process sends it concurrently."""

    @classmethod
    def from_settings(
        cls, query: str, graph_store: str, account: tuple[str, str], parameters: str, at_once: int
    ) -> "RemoteConfig | None":
        """The service of the settings, None where they name no address."""
        if not query:
            return None
        return cls(query, graph_store, *account, tuple(parse_qsl(parameters)), at_once)

    def for_release(self, release: str) -> "RemoteConfig":
        """The service of one release."""
        return replace(
            self,
            query_address=self.query_address.replace(RELEASE_PLACEHOLDER, release),
            graph_store_address=self.graph_store_address.replace(RELEASE_PLACEHOLDER, release),
        )
