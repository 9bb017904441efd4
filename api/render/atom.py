"""Lists as Atom feeds (RFC 4287), newest first where records have dates."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as Xml

from api.render.dates import between
from api.render.listing import Listing
from api.render.states import headline
from api.render.texts import TEXTS
from kg.catalogue.records import Item
from kg.kinds import Text

ATOM: Final = "http://www.w3.org/2005/Atom"
ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Xml.register_namespace("", ATOM)


def feed(
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
    root = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": language})
    add(root, "id", identity)
    add(root, "title", title)
    add(root, "updated", created.isoformat())
    add(add(root, "author"), "name", "ess-kg")
    for relation, address in listing.links.items():
        add(root, "link", rel=relation, href=origin + address)
    for item in listing.page.items:
        updated = changed.get(item.iri, created.isoformat())
        _entry(root, item, states, listing, updated, language, origin)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(
    root: Xml.Element,
    item: Item,
    states: Mapping[str, Text],
    listing: Listing,
    updated: str,
    language: str,
    origin: str,
) -> None:
    entry = add(root, "entry")
    add(entry, "id", item.iri)
    add(entry, "title", headline(item, states, language))
    add(entry, "updated", updated)
    add(entry, "link", rel="alternate", href=origin + item.path)
    add(entry, "summary", _summary(item, listing.labels, listing, language))
    for cell in item.cells.get("topics", ()):
        label = listing.labels.get(_iri(listing, "topics", cell) or "")
        if label:
            add(entry, "category", term=cell.removeprefix("topic/"), label=label[language])


def _summary(item: Item, labels: Mapping[str, Text], listing: Listing, language: str) -> str:
    cells = item.cells
    begin, end = item.dates
    named = (
        labels.get(_iri(listing, name, cell) or "")
        for name in ("place", "territory")
        for cell in cells.get(name, ())
    )
    dates = between(begin, end or begin, language, item.zone)
    places = [label[language] for label in named if label]
    told = cells.get(f"description_{language}") or cells.get("description_fr") or ()
    inferred = [TEXTS["inferred"][language]] if item.inferred else []
    parts = [dates, ", ".join(places), *told, *inferred]
    return " · ".join(part for part in parts if part)


def _iri(listing: Listing, name: str, cell: str) -> str | None:
    column = listing.fields.get(name)
    return column.iri(cell) if column else None


def add(parent: Xml.Element, name: str, content: str = "", **attributes: str) -> Xml.Element:
    child = Xml.SubElement(
        parent, f"{{{ATOM}}}{name}", {k: ILLEGAL.sub("", v) for k, v in attributes.items()}
    )
    if content:
        child.text = ILLEGAL.sub("", content)
    return child
