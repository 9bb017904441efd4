"""Formats that are read or served: name, media type, extension, specification."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, eq=False)
class Format:
    """One representation: how it is asked for and how it is labelled."""

    name: str
    media_type: str
    extension: str
    specification: str
    charset: bool = False

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type


MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest whole number that every reader of JSON keeps as it is (RFC 8259, section 6)."""
W3C_BASE: Final = "https://www.w3.org/TR/"
RFC_BASE: Final = "https://www.rfc-editor.org/rfc/"

TURTLE = Format("Turtle", "text/turtle", "ttl", W3C_BASE + "turtle/", charset=True)
N_TRIPLES = Format("N-Triples", "application/n-triples", "nt", W3C_BASE + "n-triples/")
N_QUADS = Format("N-Quads", "application/n-quads", "nq", W3C_BASE + "n-quads/")
TRIG = Format("TriG", "application/trig", "trig", W3C_BASE + "trig/")
RDF_XML = Format("RDF/XML", "application/rdf+xml", "rdf", W3C_BASE + "rdf-syntax-grammar/")
JSON_LD = Format("JSON-LD", "application/ld+json", "jsonld", W3C_BASE + "json-ld11/")

SPARQL_JSON = Format(
    "SPARQL results JSON",
    "application/sparql-results+json",
    "srj",
    W3C_BASE + "sparql11-results-json/",
)
SPARQL_XML = Format(
    "SPARQL results XML", "application/sparql-results+xml", "srx", W3C_BASE + "rdf-sparql-XMLres/"
)
SPARQL_TSV = Format(
    "SPARQL results TSV",
    "text/tab-separated-values",
    "tsv",
    W3C_BASE + "sparql11-results-csv-tsv/",
    charset=True,
)
SPARQL_QUERY = Format(
    "SPARQL query", "application/sparql-query", "rq", W3C_BASE + "sparql11-query/"
)

CSV = Format("CSV", "text/csv", "csv", RFC_BASE + "rfc4180", charset=True)
JSON = Format("JSON", "application/json", "json", RFC_BASE + "rfc8259")
GEOJSON = Format("GeoJSON", "application/geo+json", "geojson", RFC_BASE + "rfc7946")
ICALENDAR = Format("iCalendar", "text/calendar", "ics", RFC_BASE + "rfc5545", charset=True)
ATOM = Format("Atom", "application/atom+xml", "atom", RFC_BASE + "rfc4287", charset=True)
RSS = Format(
    "RSS", "application/rss+xml", "rss", "https://www.rssboard.org/rss-specification", charset=True
)
PARQUET = Format(
    "Parquet", "application/vnd.apache.parquet", "parquet", "https://parquet.apache.org/docs/"
)
GZIP = Format("gzip", "application/gzip", "gz", RFC_BASE + "rfc6713")
ZSTD = Format("Zstandard", "application/zstd", "zst", RFC_BASE + "rfc8878")
HTML = Format("HTML", "text/html", "html", "https://html.spec.whatwg.org/", charset=True)
PROBLEM = Format("Problem details", "application/problem+json", "json", RFC_BASE + "rfc9457")
CSVW = Format("CSVW metadata", "application/csvm+json", "csvw", W3C_BASE + "tabular-metadata/")
XLSX = Format(
    "XLSX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    "https://ecma-international.org/publications-and-standards/standards/ecma-376/",
)
JSON_LINES = Format("JSON Lines", "application/jsonl", "jsonl", "https://jsonlines.org/")
OCTETS = Format("Bytes", "application/octet-stream", "bin", RFC_BASE + "rfc2046")
MULTIPART = Format("HTML form with files", "multipart/form-data", "form", RFC_BASE + "rfc7578")
TEXT = Format("Plain text", "text/plain", "txt", RFC_BASE + "rfc2046", charset=True)
XML = Format("XML", "application/xml", "xml", W3C_BASE + "xml/", charset=True)
BIBTEX = Format(
    "BibTeX", "application/x-bibtex", "bib", "https://ctan.org/pkg/bibtex", charset=True
)
RIS = Format(
    "RIS",
    "application/x-research-info-systems",
    "ris",
    "https://en.wikipedia.org/wiki/RIS_(file_format)",
    charset=True,
)
CSL_JSON = Format(
    "CSL-JSON",
    "application/vnd.citationstyles.csl+json",
    "csl",
    "https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html",
)
GEXF = Format("GEXF", "application/gexf+xml", "gexf", "https://gexf.net/schema.html")
GRAPHML = Format(
    "GraphML",
    "application/graphml+xml",
    "graphml",
    "http://graphml.graphdrawing.org/specification.html",
)
FORM = Format("HTML form", "application/x-www-form-urlencoded", "form", W3C_BASE + "html401/")

GRAPH_FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, N_QUADS, TRIG)
SOLUTION_FORMATS: Final = (SPARQL_JSON, SPARQL_XML, CSV, SPARQL_TSV)
ENTITY_FORMATS: Final = (HTML, TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
"""Of what a client likes equally the first is sent: Turtle, which needs nothing else to be read."""
EXTRACT_FORMATS: Final = {
    "turtle": TURTLE,
    "nquads": N_QUADS,
    "trig": TRIG,
    "jsonld": JSON_LD,
    "csv": CSV,
    "parquet": PARQUET,
}
"""What a part of a release can be written in, by the name it is asked by."""
COMPRESSION_SUFFIXES: Final = {"gzip": ".gz", "zstd": ".zst", "none": ""}
"""How it can be packed, with what its name ends in then."""


def find_by_extension(extension: str, formats: tuple[Format, ...]) -> Format | None:
    """The format among these with this extension (no dot)."""
    return next((f for f in formats if f.extension == extension), None)
