"""Parts of all networks of records: how a record is named, a link as an edge, the kinds drawn."""

from typing import Final

from api.serializers.network_files import Network, NetworkEdge
from api.views.labels import LabelResolver, LinkedText
from api.views.link_texts import LinkText
from api.views.page_context import PageContext
from kg.iris import parse_record_iri
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID

END: Final = "end"
"""Role of the records that a network is about."""


def resolve_record(iri: str, names: LabelResolver, site: PageContext) -> LinkedText:
    """A record with the address of its page."""
    return LinkedText(names.disambiguate(iri), site.href("/" + iri.removeprefix(ID)))


def read_kind(iri: str) -> str:
    """The kind of a record; empty for what is none."""
    reference = parse_record_iri(iri)
    return reference.kind if reference else ""


def build_edge(source: str, target: str, link: LinkText) -> NetworkEdge:
    """A link as an edge of a network."""
    return NetworkEdge(
        source, target, link.verb, link.term, link.begins, link.ends, link.certainty,
        ", ".join(one.text for one in link.sources),
    )  # fmt: skip


def list_kinds_drawn(network: Network | None, site: PageContext) -> list[tuple[str, str]]:
    """(kind, its label) of the records of a network, for its legend."""
    drawn = {node.kind for node in network.nodes} if network else set()
    return [
        (name, site.localize(kind.label)) for name, kind in KIND_BY_NAME.items() if name in drawn
    ]
