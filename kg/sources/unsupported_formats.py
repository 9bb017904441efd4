"""Unsupported formats, each recognised by its name or content, with what to do instead."""

import re
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.unpack import first_bytes

ROOT: Final = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
EXPORT_EVENTS: Final = Text(
    "exportez les événements en CSV, en XLSX ou en JSON",
    "export the events as CSV, XLSX or JSON",
)
EXPORT: Final = Text("exportez-le en CSV, en XLSX ou en JSON", "export it as CSV, XLSX or JSON")
MAP: Final = Text("exportez-la en GeoJSON", "export it as GeoJSON")
EXTRACT: Final = Text("extrayez-en les fichiers", "take the files out of it")
TABLE: Final = Text(
    "mettez le tableau dans un classeur ou un CSV", "put the table into a workbook or a CSV"
)
FORMATS: Final = {
    "ics": (Text("un agenda iCalendar", "an iCalendar calendar"), EXPORT_EVENTS),
    "feed": (Text("un fil Atom", "an Atom feed"), EXPORT),
    "rss": (Text("un fil RSS", "an RSS feed"), EXPORT),
    "kml": (Text("une carte KML", "a KML map"), MAP),
    "kmz": (Text("une carte KMZ", "a KMZ map"), MAP),
    "gpx": (Text("une trace GPX", "a GPX track"), MAP),
    "shp": (Text("une couche Shapefile", "a Shapefile layer"), MAP),
    "gpkg": (Text("une carte GeoPackage", "a GeoPackage map"), MAP),
    "pdf": (Text("un PDF", "a PDF"), TABLE),
    "docx": (Text("un texte Word", "a Word text"), TABLE),
    "odt": (Text("un texte OpenDocument", "an OpenDocument text"), TABLE),
    "html": (Text("une page web", "a web page"), TABLE),
    "zip": (Text("une archive zip", "a zip archive"), EXTRACT),
    "tar": (Text("une archive tar", "a tar archive"), EXTRACT),
    "7z": (Text("une archive 7z", "a 7z archive"), EXTRACT),
    "yaml": (Text("du YAML", "YAML"), Text("convertissez-le en JSON", "convert it to JSON")),
    "sqlite": (Text("une base SQLite", "an SQLite database"), EXPORT),
    "tei": (Text("un texte TEI", "a TEI text"), EXPORT),
    "sparql": (
        Text("un résultat SPARQL en XML", "a SPARQL result in XML"),
        Text("demandez-le en CSV", "ask for it as CSV"),
    ),
    "vcf": (Text("un carnet vCard", "a vCard address book"), EXPORT),
    "geo": (Text("une couche géographique", "a geographic layer"), MAP),
}
SAME: Final = {
    "ical": "ics",
    "atom": "feed",
    "htm": "html",
    "xhtml": "html",
    "yml": "yaml",
    "db": "sqlite",
    "doc": "docx",
    "tgz": "tar",
    "vcard": "vcf",
}
NOT_READ: Final = Text(
    "c’est {what}, un format qui n’est pas lu : {todo}",
    "it is {what}, a format that is not read: {todo}",
)


def not_read(path: Path) -> Text | None:
    """What a file is and what to do, where it has a known format that is not read; else None."""
    known = FORMATS.get(_name(path))
    if known is None:
        return None
    what, todo = known
    return Text(
        NOT_READ.fr.format(what=what.fr, todo=todo.fr),
        NOT_READ.en.format(what=what.en, todo=todo.en),
    )


def _name(path: Path) -> str:
    try:
        head = first_bytes(path, 4096)
    except SourceError:
        head = b""
    extension = path.name.rpartition(".")[2].lower()
    extension = SAME.get(extension, extension)
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"BEGIN:VCALENDAR"):
        return "ics"
    if extension == "xml":
        root = ROOT.search(head)
        name = root[1].decode().lower() if root else ""
        return SAME.get(name, name)
    return extension
