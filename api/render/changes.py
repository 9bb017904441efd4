"""Changes as an Atom feed (RFC 4287), deletions as tombstones (RFC 6721)."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from api.links import address
from api.render.atom import ATOM, add
from api.render.stream import version
from api.render.texts import TEXTS
from api.serving.served_releases import ServedRelease
from kg.catalogue.changes import Change
from kg.iris import record
from kg.namespaces import BASE

TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
Xml.register_namespace("at", TOMBSTONES)


def feed(
    part: Sequence[Change],
    served: ServedRelease,
    language: str,
    origin: str,
    asked: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The feed of some changes; `asked` are the parameters that say which."""
    spoken = [("lang", language)] if language == "en" else []
    labels = served.catalogue.labels(record(c.kind, c.key) for c in part)
    root = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": language})
    add(root, "id", BASE + address("changes", [*asked, *spoken]))
    add(root, "title", f"ess-kg – {TEXTS['changes'][language]}")
    add(root, "updated", served.created.isoformat())
    add(add(root, "author"), "name", "ess-kg")
    add(root, "link", rel="self", href=origin + address("/changes.atom", [*asked, *spoken]))
    for change in part:
        iri = record(change.kind, change.key)
        if change.change == "deleted":
            Xml.SubElement(
                root, f"{{{TOMBSTONES}}}deleted-entry", {"ref": iri, "when": change.created}
            )
            continue
        entry = add(root, "entry")
        add(entry, "id", iri)
        add(entry, "title", labels[iri][language] if iri in labels else change.key)
        add(entry, "updated", change.created)
        add(entry, "link", rel="alternate", href=f"{origin}/{change.kind}/{change.key}")
        add(entry, "category", term=change.change)
        add(entry, "summary", f"{TEXTS[change.change][language]} · {version(change)}")
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
