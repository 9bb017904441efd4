"""Atom serializer of lists (RFC 4287), newest first where records have dates."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as Xml

from api.i18n.dates import format_interval
from api.i18n.texts import TEXTS
from api.serializers.event_status import format_headline
from kg.catalogue.listing import Listing
from kg.catalogue.records import Item
from kg.kinds import Text

ATOM_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
ILLEGAL_CHARACTERS: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Xml.register_namespace("", ATOM_NAMESPACE)


def serialize_list(
    listing: Listing,
    states: Mapping[str, Text],
    created: datetime,
    changed: Mapping[str, str],
    language: str,
    title: str,
    identity: str,
    origin: str,
) -> bytes:
    """The feed of a page of a release that was `created` then.

    An entry is dated by the release that last changed its record (`changed`, by IRI); the dates of
    the thing itself are in its summary.
    """
    root = Xml.Element(f"{{{ATOM_NAMESPACE}}}feed", {"xml:lang": language})
    add_element(root, "id", identity)
    add_element(root, "title", title)
    add_element(root, "updated", created.isoformat())
    add_element(add_element(root, "author"), "name", "ess-kg")
    for relation, address in listing.links.items():
        add_element(root, "link", rel=relation, href=origin + address)
    for item in listing.page.items:
        updated = changed.get(item.iri, created.isoformat())
        _add_entry(root, item, states, listing, updated, language, origin)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_entry(
    root: Xml.Element,
    item: Item,
    states: Mapping[str, Text],
    listing: Listing,
    updated: str,
    language: str,
    origin: str,
) -> None:
    entry = add_element(root, "entry")
    add_element(entry, "id", item.iri)
    add_element(entry, "title", format_headline(item, states, language))
    add_element(entry, "updated", updated)
    add_element(entry, "link", rel="alternate", href=origin + item.path)
    add_element(entry, "summary", _format_summary(item, listing.labels, listing, language))
    for cell in item.cells.get("topics", ()):
        label = listing.labels.get(_find_iri(listing, "topics", cell) or "")
        if label:
            add_element(entry, "category", term=cell.removeprefix("topic/"), label=label[language])


def _format_summary(item: Item, labels: Mapping[str, Text], listing: Listing, language: str) -> str:
    cells = item.cells
    begin, end = item.dates
    place_labels = (
        labels.get(_find_iri(listing, name, cell) or "")
        for name in ("place", "territory")
        for cell in cells.get(name, ())
    )
    dates = format_interval(begin, end or begin, language, item.zone)
    places = [label[language] for label in place_labels if label]
    descriptions = cells.get(f"description_{language}") or cells.get("description_fr") or ()
    inferred = [TEXTS["inferred"][language]] if item.inferred else []
    parts = [dates, ", ".join(places), *descriptions, *inferred]
    return " · ".join(part for part in parts if part)


def _find_iri(listing: Listing, name: str, cell: str) -> str | None:
    column = listing.fields.get(name)
    return column.build_iri(cell) if column else None


def add_element(
    parent: Xml.Element, name: str, content: str = "", **attributes: str
) -> Xml.Element:
    child = Xml.SubElement(
        parent,
        f"{{{ATOM_NAMESPACE}}}{name}",
        {k: ILLEGAL_CHARACTERS.sub("", v) for k, v in attributes.items()},
    )
    if content:
        child.text = ILLEGAL_CHARACTERS.sub("", content)
    return child
