"""Networks of records, and their serializers: GEXF 1.3, GraphML, JSON.

Specifications: https://gexf.net/schema.html, http://graphml.graphdrawing.org/specification.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as Xml

from api.serializers.atom import ILLEGAL_CHARACTERS

GEXF_NAMESPACE: Final = "http://gexf.net/1.3"
GRAPHML_NAMESPACE: Final = "http://graphml.graphdrawing.org/xmlns"
NODE_ATTRIBUTES: Final = ("kind", "iri")
EDGE_ATTRIBUTES: Final = ("relation", "property", "begins", "ends", "certainty", "sources")


@dataclass(frozen=True)
class NetworkNode:
    """A record of a network."""

    id: str
    """Its kind and key."""
    iri: str
    kind: str
    name: str
    href: str
    role: str = ""
    """`end` for what the network is about."""


@dataclass(frozen=True)
class NetworkEdge:
    """A link of a network."""

    source: str
    target: str
    relation: str
    """The verb from the one to the other."""
    property: str
    begins: str = ""
    ends: str = ""
    certainty: str = ""
    sources: str = ""
    """Names of the sources, in one text."""


@dataclass(frozen=True)
class Network:
    """Records and the links between them."""

    nodes: Sequence[NetworkNode]
    edges: Sequence[NetworkEdge]


def serialize_elements(network: Network) -> dict[str, Any]:
    """The network as the script of the pages draws it."""
    return {
        "nodes": [
            {
                "id": node.id, "iri": node.iri, "kind": node.kind, "name": node.name,
                "url": node.href, "role": node.role,
            }
            for node in network.nodes
        ],
        "edges": [
            {"source": edge.source, "target": edge.target, **_list_edge_values(edge)}
            for edge in network.edges
        ],
    }  # fmt: skip


def serialize_gexf(network: Network, title: str, created: datetime) -> bytes:
    """The network as GEXF, as Gephi reads it."""
    root = _add(None, "gexf", xmlns=GEXF_NAMESPACE, version="1.3")
    meta = _add(root, "meta", lastmodifieddate=created.date().isoformat())
    _add(meta, "creator").text = "ess-kg"
    _add(meta, "description").text = _clean(title)
    graph = _add(root, "graph", mode="static", defaultedgetype="directed")
    for group, names in (("node", NODE_ATTRIBUTES), ("edge", EDGE_ATTRIBUTES)):
        declared = _add(graph, "attributes", **{"class": group, "mode": "static"})
        for name in names:
            _add(declared, "attribute", id=name, title=name, type="string")
    nodes = _add(graph, "nodes")
    for node in network.nodes:
        own = _add(nodes, "node", id=node.id, label=node.name)
        _add_gexf_values(own, {"kind": node.kind, "iri": node.iri})
    edges = _add(graph, "edges")
    for number, edge in enumerate(network.edges):
        own = _add(
            edges, "edge",
            id=str(number), source=edge.source, target=edge.target, label=edge.relation,
        )  # fmt: skip
        _add_gexf_values(own, _list_edge_values(edge))
    return _write(root)


def serialize_graphml(network: Network, title: str) -> bytes:
    """The network as GraphML."""
    root = _add(None, "graphml", xmlns=GRAPHML_NAMESPACE)
    for group, names in (("node", ("name", *NODE_ATTRIBUTES)), ("edge", EDGE_ATTRIBUTES)):
        for name in names:
            _add(
                root, "key",
                **{"id": f"{group}-{name}", "for": group, "attr.name": name, "attr.type": "string"},
            )  # fmt: skip
    graph = _add(root, "graph", edgedefault="directed")
    _add(graph, "desc").text = _clean(title)
    for node in network.nodes:
        own = _add(graph, "node", id=node.id)
        values = {"name": node.name, "kind": node.kind, "iri": node.iri}
        _add_graphml_values(own, "node", values)
    for number, edge in enumerate(network.edges):
        own = _add(
            graph, "edge",
            id=f"e{number}", source=edge.source, target=edge.target,
        )  # fmt: skip
        _add_graphml_values(own, "edge", _list_edge_values(edge))
    return _write(root)


def _list_edge_values(edge: NetworkEdge) -> dict[str, str]:
    return {name: getattr(edge, name) for name in EDGE_ATTRIBUTES}


def _add_gexf_values(owner: Xml.Element, values: Mapping[str, str]) -> None:
    listed = _add(owner, "attvalues")
    for name, value in _list_filled(values):
        _add(listed, "attvalue", **{"for": name, "value": value})


def _add_graphml_values(owner: Xml.Element, group: str, values: Mapping[str, str]) -> None:
    for name, value in _list_filled(values):
        _add(owner, "data", key=f"{group}-{name}").text = _clean(value)


def _list_filled(values: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in values.items() if value)


def _add(parent: Xml.Element | None, name: str, **attributes: str) -> Xml.Element:
    """An element in the namespace of its root, which states it as the default of all.

    To register a default prefix instead would take it from every other format of the process.
    """
    clean = {key: _clean(value) for key, value in attributes.items()}
    return Xml.Element(name, clean) if parent is None else Xml.SubElement(parent, name, clean)


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS.sub("", text)


def _write(root: Xml.Element) -> bytes:
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
