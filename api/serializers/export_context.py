"""Context of an export of records: what its serializer needs to know beside them."""

from functools import partial

from api.serializers.list_streams import ExportContext
from api.serving.representation import Representation
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.listing import load_status_labels
from kg.kinds import Kind


def build_export_context(variant: Representation, kind: Kind) -> ExportContext:
    """The context of an export of records of a kind."""
    catalogue = variant.served.catalogue
    return ExportContext(
        {field.name: field for field in catalogue.fields[kind.name]},
        catalogue.read_labels,
        partial(_find_postal_address, catalogue),
        load_status_labels(catalogue),
        variant.language,
        f"ess-kg – {kind.plural[variant.language]}",
        variant.served.created,
        variant.origin,
    )


def _find_postal_address(catalogue: Catalogue, key: str) -> str:
    """The postal address of a place, empty where none is known."""
    place = catalogue.find_entity("place", key)
    return ", ".join(place.cells.get("address", ())) if place else ""
