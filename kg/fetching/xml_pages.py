"""XML pages: the documents of all pages of a service, as the children of one document."""

import re
from pathlib import Path
from typing import Final
from xml.parsers import expat

from kg.errors import FetchError
from kg.fetching.api_pages import get_body, set_parameter
from kg.fetching.http_download import too_large
from kg.fetching.http_requests import Connection
from kg.sources.fetch_plan import FileOrigin, Pages

ACCEPT: Final = "application/xml"
START: Final = b"<?xml version='1.0' encoding='UTF-8'?>\n<pages>\n"
END: Final = b"</pages>\n"
ENCODING: Final = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")


def download_xml_pages(
    connection: Connection, origin: FileOrigin, pages: Pages, path: Path
) -> None:
    """Writes every page that has elements of the name of its records. Raises FetchError."""
    size = count = 0
    value = int(pages.first)
    with path.open("wb") as file:
        file.write(START)
        for _ in range(pages.max):
            url = set_parameter(origin.url, pages.parameter, [str(value)])
            body, _ = get_body(connection, url, origin, ACCEPT)
            root, found = _take_root(body, pages.records, url)
            if not found:
                break
            size += len(root)
            if size > origin.max_bytes:
                raise too_large(origin.url, origin.max_bytes)
            file.write(root + b"\n")
            count += found
            value += pages.step
        else:
            raise FetchError(
                f"{origin.url} has more than {pages.max} pages: if that is meant, write max in "
                "pages",
                f"{origin.url} a plus de {pages.max} pages : si c'est voulu, écrivez max dans "
                "pages",
            )
        file.write(END)
    if not count:
        raise FetchError(
            f"{origin.url} gives no {pages.records}", f"{origin.url} ne donne aucun {pages.records}"
        )


def _take_root(body: bytes, records: str, url: str) -> tuple[bytes, int]:
    """The root element of a document, without what stands before it, and its number of records."""
    encoding = ENCODING.match(body.lstrip(b"\xef\xbb\xbf"))
    try:
        text = body.decode(encoding[1].decode() if encoding else "utf-8-sig").encode()
    except (LookupError, UnicodeDecodeError) as error:
        raise _make_error(url, str(error)) from error
    starts: list[int] = []
    count = 0

    def note(name: str, _: object) -> None:
        nonlocal count
        if not starts:
            starts.append(parser.CurrentByteIndex)
        count += name.rpartition(":")[2] == records

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = note
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _make_error(url, str(error)) from error
    return text[starts[0] :].rstrip(), count


def _make_error(url: str, reason: str) -> FetchError:
    return FetchError(
        f"{url} does not answer in XML: {reason}", f"{url} ne répond pas en XML : {reason}"
    )
