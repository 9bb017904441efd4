"""Links of a served release: their reader, what is said of them, the dates of records."""

from collections.abc import Iterable

from api.serving.served_releases import ServedRelease
from kg.catalogue.catalogue import Catalogue
from kg.documents.link_notes import LinkNotes, read_link_notes
from kg.documents.links import Link, LinkReader
from kg.errors import QueryRefused
from kg.iris import parse_record_iri

Dates = tuple[str, str, str | None]


def require_link_reader(served: ServedRelease) -> LinkReader:
    """The reader of links. Raises QueryRefused where the release is asked elsewhere."""
    if served.link_reader is None:
        raise QueryRefused(
            "networks and paths are read from the files of a release, and this server asks an "
            "engine elsewhere; ask it in SPARQL",
            "les réseaux et les chemins se lisent dans les fichiers d'une édition, et ce serveur "
            "interroge un moteur ailleurs ; interrogez-le en SPARQL",
        )
    return served.link_reader


def read_notes(served: ServedRelease, links: Iterable[Link]) -> LinkNotes:
    """What is said of some links."""
    reader = require_link_reader(served)
    if served.direct_reader is None:
        return LinkNotes({}, {}, {})
    return read_link_notes(reader, served.direct_reader, links)


def find_dates(catalogue: Catalogue, iri: str) -> Dates:
    """Beginning, end and time zone of an event or a publication; nothing of other records.

    One whose end is not stated ends when it begins.
    """
    reference = parse_record_iri(iri)
    if reference is None or reference.kind not in ("event", "publication"):
        return "", "", None
    item = catalogue.find_entity(reference.kind, reference.key)
    begin, end = item.dates if item is not None else ("", "")
    return begin, end or begin, item.zone if item is not None else None
