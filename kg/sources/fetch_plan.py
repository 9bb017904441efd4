"""Fetch plan: the `[fetch]` table of `source.toml`, with the origins of the files of a source.

A file comes from an address, from the pages of an API, or from a CONSTRUCT query of a SPARQL
service.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from kg.sources import toml_entries

FETCH_ENTRIES: Final = (
    *("url", "endpoint", "query", "file", "sha256", "member", "size_max", "pages", "headers"),
    *("every", "files"),
)
FILE_ENTRIES: Final = tuple(
    each for each in FETCH_ENTRIES if each not in ("file", "every", "files")
)
PAGE_ENTRIES: Final = (*("next", "parameter", "first", "step", "cursor", "records", "size", "max"),)
DEFAULT_MAX_BYTES: Final = 8 * 1000**3
DEFAULT_MAX_PAGES: Final = 10_000
LINK_HEADER: Final = "link"
"""Value of `next` for APIs that put the next address into the header `Link`."""
XML_SUFFIX: Final = ".xml"
SIZE_PATTERN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB)", re.IGNORECASE)
SIZE_UNITS: Final = {"kb": 1000, "mb": 1000**2, "gb": 1000**3}
INTERVAL_PATTERN: Final = re.compile(r"(\d+)\s+(day|week|month|year)s?")
FILE_NAME_PATTERN: Final = re.compile(r"[\w.@ -]+")
NAMES_OF_NO_FILE: Final = ("", ".", "..")


@dataclass(frozen=True)
class Interval:
    """Period after which fetched files are fetched again."""

    number: int
    unit: str
    """`day`, `week`, `month` or `year`."""

    def add_to(self, day: date) -> date:
        """Return the first day after the period; months end on their last day at most."""
        if self.unit in ("day", "week"):
            return date.fromordinal(
                day.toordinal() + self.number * (7 if self.unit == "week" else 1)
            )
        months = day.month - 1 + self.number * (12 if self.unit == "year" else 1)
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True)
class Pages:
    """Pagination of an API."""

    next: str = ""
    """Member with the address of the next page, or `link` for the header `Link`."""
    parameter: str = ""
    """Query parameter for the page number, offset or cursor."""
    first: str = "1"
    step: int = 1
    cursor: str = ""
    """Member with the cursor of the next page."""
    records: str = ""
    """Member with the list of records; in XML the name of the elements that are records."""
    size: int = 0
    """Number of solutions per page of a SPARQL service."""
    max: int = DEFAULT_MAX_PAGES


@dataclass(frozen=True)
class FileOrigin:
    """Origin of one file of `raw/`."""

    file: str
    """File name in `raw/`."""
    url: str = ""
    endpoint: str = ""
    query: str = ""
    """CONSTRUCT query, or the name of its file in the folder of the source."""
    sha256: str = ""
    member: str = ""
    """Name, or pattern, of the member to extract from a ZIP archive."""
    max_bytes: int = DEFAULT_MAX_BYTES
    pages: Pages | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of each request; `env:NAME` stands for an environment variable."""

    @property
    def address(self) -> str:
        return self.url or self.endpoint

    @property
    def has_xml_pages(self) -> bool:
        return bool(self.pages) and self.file.endswith(XML_SUFFIX)


@dataclass(frozen=True)
class FetchPlan:
    """Files to fetch for a source, and their period."""

    files: tuple[FileOrigin, ...]
    every: Interval | None = None


def parse_fetch_plan(entries: Mapping[str, Any]) -> FetchPlan | None:
    """Parse a `[fetch]` table; None where it is empty. Raises ValueError."""
    if not entries:
        return None
    toml_entries.require_known_entries(entries, FETCH_ENTRIES, "fetch.")
    files = []
    if "url" in entries or "endpoint" in entries:
        own = {name: value for name, value in entries.items() if name in FILE_ENTRIES}
        files.append(_parse_origin(toml_entries.get_text(entries, "file", "fetch."), own, "fetch."))
    named = toml_entries.get_table(entries, "files")
    for name in named:
        where = f'fetch.files."{name}".'
        own_entries = toml_entries.get_table(named, name)
        toml_entries.require_known_entries(own_entries, FILE_ENTRIES, where)
        files.append(_parse_origin(name, own_entries, where))
    if not files:
        raise ValueError("fetch has neither url nor endpoint nor [fetch.files]")
    return FetchPlan(
        tuple(files), _parse_interval(toml_entries.get_text(entries, "every", "fetch."))
    )


def name_file_after(url: str) -> str:
    """Return a plain file name made from the last segment of an address."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return re.sub(r"[^\w.@-]+", "-", name).strip("-.")


def _parse_origin(file: str, entries: Mapping[str, Any], where: str) -> FileOrigin:
    url = _get_address(entries, "url", where)
    endpoint = _get_address(entries, "endpoint", where)
    query = toml_entries.get_text(entries, "query", where)
    if bool(url) == bool(endpoint):
        raise ValueError(f"{where}url: one of url and endpoint is needed, and not both")
    if endpoint and not query:
        raise ValueError(f"{where}query: the CONSTRUCT query for {endpoint} is missing")
    if query.endswith(".rq") and "/" not in query:
        raise ValueError(
            f"{where}query = {query!r}: put it into a folder of the source (fetch/{query}): the "
            "queries beside source.toml are run over the files"
        )
    pages = _parse_pages(toml_entries.get_table(entries, "pages"), f"{where}pages.", bool(endpoint))
    default_name = "construct.nt" if endpoint else name_file_after(url)
    if pages and not endpoint and not file:
        default_name = f"{default_name.partition('.')[0] or 'records'}.jsonl"
    name = file.removeprefix("raw/") or default_name
    if not FILE_NAME_PATTERN.fullmatch(name) or name in NAMES_OF_NO_FILE:
        raise ValueError(f"{where}file = {name!r} is no name of a file: say how it is to be called")
    if endpoint and not name.endswith(".nt"):
        raise ValueError(f"{where}file = {name!r}: what a query constructs is N-Triples (….nt)")
    if pages and not endpoint:
        _check_page_file(name, pages, where)
    sha256 = toml_entries.get_text(entries, "sha256", where).lower()
    if sha256 and not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"{where}sha256 = {sha256!r} is no SHA-256 (64 hexadecimal digits)")
    headers = toml_entries.get_table(entries, "headers")
    return FileOrigin(
        name, url, endpoint, query, sha256, toml_entries.get_text(entries, "member", where),
        _parse_size(entries.get("size_max", ""), where), pages,
        {header: toml_entries.get_text(headers, header, f"{where}headers.") for header in headers},
    )  # fmt: skip


def _check_page_file(name: str, pages: Pages, where: str) -> None:
    if name.endswith(XML_SUFFIX):
        if not pages.parameter or pages.cursor or not pages.records:
            raise ValueError(
                f"{where}pages: those of XML go by number or offset (parameter), until one has no "
                'element of a name (records = "biblFull")'
            )
    elif not name.endswith(".jsonl"):
        raise ValueError(
            f"{where}file = {name!r}: the records of pages are JSON Lines (….jsonl), or XML (….xml)"
        )


def _get_address(entries: Mapping[str, Any], name: str, where: str) -> str:
    address = toml_entries.get_text(entries, name, where)
    if address and not re.fullmatch(r"https?://[^\s/]+\S*", address):
        raise ValueError(f"{where}{name} = {address!r} is no address of the web (https://…)")
    return address


def _parse_pages(entries: Mapping[str, Any], where: str, is_sparql: bool) -> Pages | None:
    if not entries:
        return None
    toml_entries.require_known_entries(entries, PAGE_ENTRIES, where)
    pages = Pages(
        next=toml_entries.get_text(entries, "next", where),
        parameter=toml_entries.get_text(entries, "parameter", where),
        first=str(entries.get("first", "1")),
        step=toml_entries.get_whole_number(entries, "step", where, 1),
        cursor=toml_entries.get_text(entries, "cursor", where),
        records=toml_entries.get_text(entries, "records", where),
        size=toml_entries.get_whole_number(entries, "size", where, 0),
        max=toml_entries.get_whole_number(entries, "max", where, DEFAULT_MAX_PAGES),
    )
    if is_sparql and not pages.size:
        raise ValueError(f"{where}size: say how many solutions a page has (size = 5000)")
    if not is_sparql and bool(pages.next) == bool(pages.parameter):
        raise ValueError(
            f"{where}next: say either the member with the address of the next page (next) or the "
            "parameter with its number or cursor (parameter)"
        )
    if pages.parameter and not pages.cursor and not pages.first.isdigit():
        raise ValueError(f"{where}first = {pages.first!r} is no number, and there is no cursor")
    return pages


def _parse_size(written: Any, where: str) -> int:
    if written == "":
        return DEFAULT_MAX_BYTES
    match = SIZE_PATTERN.fullmatch(str(written).strip())
    if not match:
        raise ValueError(f'{where}size_max = {written!r} is no size ("500 MB")')
    return int(float(match[1]) * SIZE_UNITS[match[2].lower()])


def _parse_interval(written: str) -> Interval | None:
    if not written:
        return None
    match = INTERVAL_PATTERN.fullmatch(written.strip())
    if not match or match[1] == "0":
        raise ValueError(
            f'fetch.every = {written!r} is no interval ("1 day", "2 weeks", "1 month")'
        )
    return Interval(int(match[1]), match[2])
