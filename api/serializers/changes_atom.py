"""Atom serializer of changes (RFC 4287), with tombstones for deleted records (RFC 6721)."""

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from api.http.links import build_url
from api.i18n.texts import TEXTS
from api.serializers.atom import ATOM_NAMESPACE, add_element
from api.serializers.ldes import build_version_iri
from api.serving.served_releases import ServedRelease
from kg.catalogue.changes import RecordChange
from kg.iris import build_record_iri
from kg.namespaces import BASE

TOMBSTONES_NAMESPACE: Final = "http://purl.org/atompub/tombstones/1.0"
Xml.register_namespace("at", TOMBSTONES_NAMESPACE)


def serialize_changes(
    part: Sequence[RecordChange],
    served: ServedRelease,
    language: str,
    origin: str,
    asked: Sequence[tuple[str, str]] = (),
    about: str = "",
) -> bytes:
    """The feed of some changes; `asked` are the parameters that say which, `about` in words."""
    spoken = [("lang", language)] if language == "en" else []
    labels = served.catalogue.read_labels(build_record_iri(c.kind, c.key) for c in part)
    root = Xml.Element(f"{{{ATOM_NAMESPACE}}}feed", {"xml:lang": language})
    add_element(root, "id", BASE + build_url("changes", [*asked, *spoken]))
    add_element(
        root, "title", " – ".join(filter(None, ("ess-kg", TEXTS["changes"][language], about)))
    )
    add_element(root, "updated", served.created.isoformat())
    add_element(add_element(root, "author"), "name", "ess-kg")
    add_element(
        root, "link", rel="self", href=origin + build_url("/changes.atom", [*asked, *spoken])
    )
    for change in part:
        iri = build_record_iri(change.kind, change.key)
        if change.change == "deleted":
            Xml.SubElement(
                root,
                f"{{{TOMBSTONES_NAMESPACE}}}deleted-entry",
                {"ref": iri, "when": change.created},
            )
            continue
        entry = add_element(root, "entry")
        add_element(entry, "id", iri)
        add_element(entry, "title", labels[iri][language] if iri in labels else change.key)
        add_element(entry, "updated", change.created)
        add_element(entry, "link", rel="alternate", href=f"{origin}/{change.kind}/{change.key}")
        add_element(entry, "category", term=change.change)
        add_element(
            entry, "summary", f"{TEXTS[change.change][language]} · {build_version_iri(change)}"
        )
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
