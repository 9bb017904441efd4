"""Finds the record of an address, or says why it is not there, or where it is now."""

from collections.abc import Sequence
from typing import Final

from api.http import links, negotiation
from api.http.redirects import MovedPermanently, MultipleChoices
from api.serving.served_releases import ServedRelease
from kg import iris
from kg.catalogue.records import Item
from kg.errors import Gone, NotFound
from kg.formats import Format
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID

SOURCE: Final = "source"
TERRITORY: Final = "territory"


def record_exists(served: ServedRelease, kind: str, key: str) -> bool:
    """Whether there is a record, or a source, of a key."""
    if kind == SOURCE and any(s["name"] == key for s in served.manifest.get("sources", ())):
        return True
    return kind in KIND_BY_NAME and served.catalogue.find_entity(kind, key) is not None


def require_record(served: ServedRelease, kind: str, key: str, view: str = "") -> str:
    """The IRI of a thing. Raises what says why it is not there, or where it is.

    `view` is what stands before the kind in the addresses of a view of records (`/graph`).
    """
    iri = iris.build_record_iri(kind, key)
    if record_exists(served, kind, key):
        return iri
    if served.is_forgotten(kind, key):
        raise Gone("this record was removed", "cette fiche a été retirée")
    replacement = served.catalogue.find_replacement(iri)
    if replacement is not None:
        place = links.to_local_path(replacement)
        raise MovedPermanently(links.build_url(view + place.removeprefix("/id") if view else place))
    since = served.catalogue.find_withdrawal_date(iri)
    if since is not None:
        raise Gone(f"{kind}/{key} was withdrawn ({since})", f"{kind}/{key} a été retiré ({since})")
    if kind == TERRITORY and (today := served.catalogue.resolve_commune(key)):
        addresses = [links.build_url(f"{view}/{TERRITORY}/{each}") for each in today]
        if len(addresses) == 1:
            raise MovedPermanently(addresses[0])
        raise MultipleChoices(f"{kind}/{key}", addresses)
    left = served.catalogue.find_departure_date(iri)
    if left is not None:
        raise Gone(
            f"{kind}/{key} is in no source any more, since the release of {left}",
            f"{kind}/{key} n'est plus dans aucune source, depuis l'édition du {left}",
        )
    if kind not in KIND_BY_NAME and kind != SOURCE:
        raise NotFound(f"there is nothing at /{kind}/{key}", f"il n'y a rien à /{kind}/{key}")
    label = KIND_BY_NAME[kind].label if kind in KIND_BY_NAME else Text("Source", "Source")
    raise NotFound(
        f"{label.en}: no record has the key “{key}” in this release ({ID}{kind}/…)",
        f"{label.fr} : aucune fiche n'a la clé « {key} » dans cette édition ({ID}{kind}/…)",
    )


def require_item(
    served: ServedRelease, kind: str, key: str, offered: Sequence[Format], view: str
) -> tuple[Item, str | None]:
    """The record of the address `{view}/{kind}/{key}`, and the suffix of a format after its key.

    Raises as `require_record` does, and NotFound for what is no record (a source).
    """
    name, suffix = negotiation.split_suffix(
        key, offered, lambda one: record_exists(served, kind, one)
    )
    require_record(served, kind, name, view)
    item = served.catalogue.find_entity(kind, name)
    if item is None:
        raise NotFound(
            f"there is nothing at {view}/{kind}/{name}", f"il n'y a rien à {view}/{kind}/{name}"
        )
    return item, suffix
