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
    Xml.register_namespace("", GEXF_NAMESPACE)
    root = _add(None, GEXF_NAMESPACE, "gexf", version="1.3")
    meta = _add(root, GEXF_NAMESPACE, "meta", lastmodifieddate=created.date().isoformat())
    _add(meta, GEXF_NAMESPACE, "creator").text = "ess-kg"
    _add(meta, GEXF_NAMESPACE, "description").text = _clean(title)
    graph = _add(root, GEXF_NAMESPACE, "graph", mode="static", defaultedgetype="directed")
    for group, names in (("node", NODE_ATTRIBUTES), ("edge", EDGE_ATTRIBUTES)):
        declared = _add(graph, GEXF_NAMESPACE, "attributes", **{"class": group, "mode": "static"})
        for name in names:
            _add(declared, GEXF_NAMESPACE, "attribute", id=name, title=name, type="string")
    nodes = _add(graph, GEXF_NAMESPACE, "nodes")
    for node in network.nodes:
        own = _add(nodes, GEXF_NAMESPACE, "node", id=node.id, label=node.name)
        _add_gexf_values(own, {"kind": node.kind, "iri": node.iri})
    edges = _add(graph, GEXF_NAMESPACE, "edges")
    for number, edge in enumerate(network.edges):
        own = _add(
            edges, GEXF_NAMESPACE, "edge",
            id=str(number), source=edge.source, target=edge.target, label=edge.relation,
        )  # fmt: skip
        _add_gexf_values(own, _list_edge_values(edge))
    return _write(root)


def serialize_graphml(network: Network, title: str) -> bytes:
    """The network as GraphML."""
    Xml.register_namespace("", GRAPHML_NAMESPACE)
    root = _add(None, GRAPHML_NAMESPACE, "graphml")
    for group, names in (("node", ("name", *NODE_ATTRIBUTES)), ("edge", EDGE_ATTRIBUTES)):
        for name in names:
            _add(
                root, GRAPHML_NAMESPACE, "key",
                **{"id": f"{group}-{name}", "for": group, "attr.name": name, "attr.type": "string"},
            )  # fmt: skip
    graph = _add(root, GRAPHML_NAMESPACE, "graph", edgedefault="directed")
    _add(graph, GRAPHML_NAMESPACE, "desc").text = _clean(title)
    for node in network.nodes:
        own = _add(graph, GRAPHML_NAMESPACE, "node", id=node.id)
        values = {"name": node.name, "kind": node.kind, "iri": node.iri}
        _add_graphml_values(own, "node", values)
    for number, edge in enumerate(network.edges):
        own = _add(
            graph, GRAPHML_NAMESPACE, "edge",
            id=f"e{number}", source=edge.source, target=edge.target,
        )  # fmt: skip
        _add_graphml_values(own, "edge", _list_edge_values(edge))
    return _write(root)


def _list_edge_values(edge: NetworkEdge) -> dict[str, str]:
    return {name: getattr(edge, name) for name in EDGE_ATTRIBUTES}


def _add_gexf_values(owner: Xml.Element, values: Mapping[str, str]) -> None:
    listed = _add(owner, GEXF_NAMESPACE, "attvalues")
    for name, value in _list_filled(values):
        _add(listed, GEXF_NAMESPACE, "attvalue", **{"for": name, "value": value})


def _add_graphml_values(owner: Xml.Element, group: str, values: Mapping[str, str]) -> None:
    for name, value in _list_filled(values):
        _add(owner, GRAPHML_NAMESPACE, "data", key=f"{group}-{name}").text = _clean(value)


def _list_filled(values: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in values.items() if value)


def _add(parent: Xml.Element | None, namespace: str, name: str, **attributes: str) -> Xml.Element:
    tag = f"{{{namespace}}}{name}"
    clean = {key: _clean(value) for key, value in attributes.items()}
    return Xml.Element(tag, clean) if parent is None else Xml.SubElement(parent, tag, clean)


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS.sub("", text)


def _write(root: Xml.Element) -> bytes:
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
