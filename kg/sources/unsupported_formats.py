"""Unsupported file formats, recognised by name or content, each with advice for the user."""

from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.decompress import read_first_bytes
from kg.sources.xml_root import find_root_name

EXPORT_AS_TABLE: Final = Text(
    "exportez-le en CSV, en XLSX ou en JSON", "export it as CSV, XLSX or JSON"
)
EXPORT_AS_GEOJSON: Final = Text("exportez-la en GeoJSON", "export it as GeoJSON")
EXTRACT_FILES: Final = Text("extrayez-en les fichiers", "take the files out of it")
MOVE_TABLE: Final = Text(
    "mettez le tableau dans un classeur ou un CSV", "put the table into a workbook or a CSV"
)
UNSUPPORTED_FORMATS: Final = {
    "kml": (Text("une carte KML", "a KML map"), EXPORT_AS_GEOJSON),
    "kmz": (Text("une carte KMZ", "a KMZ map"), EXPORT_AS_GEOJSON),
    "gpx": (Text("une trace GPX", "a GPX track"), EXPORT_AS_GEOJSON),
    "shp": (Text("une couche Shapefile", "a Shapefile layer"), EXPORT_AS_GEOJSON),
    "gpkg": (Text("une carte GeoPackage", "a GeoPackage map"), EXPORT_AS_GEOJSON),
    "pdf": (Text("un PDF", "a PDF"), MOVE_TABLE),
    "docx": (Text("un texte Word", "a Word text"), MOVE_TABLE),
    "odt": (Text("un texte OpenDocument", "an OpenDocument text"), MOVE_TABLE),
    "html": (Text("une page web", "a web page"), MOVE_TABLE),
    "zip": (Text("une archive zip", "a zip archive"), EXTRACT_FILES),
    "tar": (Text("une archive tar", "a tar archive"), EXTRACT_FILES),
    "7z": (Text("une archive 7z", "a 7z archive"), EXTRACT_FILES),
    "yaml": (Text("du YAML", "YAML"), Text("convertissez-le en JSON", "convert it to JSON")),
    "sqlite": (Text("une base SQLite", "an SQLite database"), EXPORT_AS_TABLE),
    "sparql": (
        Text("un résultat SPARQL en XML", "a SPARQL result in XML"),
        Text("demandez-le en CSV", "ask for it as CSV"),
    ),
    "vcf": (Text("un carnet vCard", "a vCard address book"), EXPORT_AS_TABLE),
    "geo": (Text("une couche géographique", "a geographic layer"), EXPORT_AS_GEOJSON),
}
FORMAT_ALIASES: Final = {
    "htm": "html",
    "xhtml": "html",
    "yml": "yaml",
    "db": "sqlite",
    "doc": "docx",
    "tgz": "tar",
    "vcard": "vcf",
}
UNSUPPORTED_MESSAGE: Final = Text(
    "c’est {what}, un format qui n’est pas lu : {todo}",
    "it is {what}, a format that is not read: {todo}",
)


def describe_unsupported(path: Path) -> Text | None:
    """Name a known unsupported format, with advice on converting it; None for other files."""
    description = UNSUPPORTED_FORMATS.get(_detect_format(path))
    if description is None:
        return None
    what, todo = description
    return Text(
        UNSUPPORTED_MESSAGE.fr.format(what=what.fr, todo=todo.fr),
        UNSUPPORTED_MESSAGE.en.format(what=what.en, todo=todo.en),
    )


def _detect_format(path: Path) -> str:
    try:
        head = read_first_bytes(path, 4096)
    except SourceError:
        head = b""
    extension = path.name.rpartition(".")[2].lower()
    extension = FORMAT_ALIASES.get(extension, extension)
    if head.startswith(b"%PDF"):
        return "pdf"
    if extension == "xml":
        name = find_root_name(head).lower()
        return FORMAT_ALIASES.get(name, name)
    return extension
