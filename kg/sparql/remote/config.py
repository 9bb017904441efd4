"""Configuration of a remote SPARQL service: addresses, account, graphs of a published release.

A service (a dataset of an engine) holds one release: its named graphs as they are, the union of
them in the graph UNION, since engines do not agree on what their default graph is, and in the
graph MARK what it holds. The mark is written last and taken away first: as long as a release is
not whole, no question is put to it. See docs/decisions/0019.
"""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from kg.namespaces import BASE, GRAPH, expand

UNION_GRAPH: Final = GRAPH + "union"
"""The graph that every question is put to, unless it names others."""
RELEASE_MARK_GRAPH: Final = GRAPH + "published"
"""The graph that says which release is there."""
EMPTY_GRAPH: Final = BASE + "graph/nothing"
"""A graph that is always empty."""
IDENTIFIER_PROPERTY: Final = expand("dct:identifier")
PART_PROPERTY: Final = expand("dct:hasPart")
PUBLISHED_RELEASE_QUERY: Final = (
    f"SELECT ?release {{ <{UNION_GRAPH}> <{IDENTIFIER_PROPERTY}> ?release }}"
)
"""Which release is there, put to the graph MARK."""
RELEASE_PLACEHOLDER: Final = "{release}"


@dataclass(frozen=True)
class RemoteConfig:
    """Where a service is asked and written, and as whom."""

    query_address: str
    """Address of the SPARQL 1.1 Protocol; `{release}` in it stands for the id of a release."""
    graph_store_address: str = ""
    """Address of the SPARQL 1.1 Graph Store HTTP Protocol, for publishing; `{release}` likewise."""
    user: str = ""
    password: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    """Sent with each query: what an engine calls its time limit, for one."""
    max_concurrent: int = 8
    """Questions that one process of ours puts to it at once."""

    @classmethod
    def from_settings(
        cls, query: str, graph_store: str, account: tuple[str, str], parameters: str, at_once: int
    ) -> "RemoteConfig | None":
        """The service of settings, None where no address is given."""
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
