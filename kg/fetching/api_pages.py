"""API pages: the records of every page of an API, as the lines of one JSON Lines file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from kg.errors import FetchError
from kg.fetching.http_download import too_large
from kg.fetching.http_requests import BUSY_STATUSES, Connection, raise_for_status
from kg.sources.fetch_plan import LINK_HEADER, FileOrigin, Pages
from kg.sources.json_envelopes import RECORD_LIST_NAMES, list_elements, parse_path

MAX_PAGE_BYTES: Final = 256 * 1000**2
Page = tuple[Any, str]
"""What a page says, and the address of the next one as its header has it."""


def download_pages(connection: Connection, origin: FileOrigin, pages: Pages, path: Path) -> None:
    """Writes the records of every page, one a line. Raises FetchError."""
    size = count = 0
    with path.open("wb") as file:
        for records in _iter_pages(connection, origin, pages):
            count += len(records)
            for record in records:
                line = orjson.dumps(record) + b"\n"
                size += len(line)
                if size > origin.max_bytes:
                    raise too_large(origin.url, origin.max_bytes)
                file.write(line)
    if not count:
        raise FetchError(
            f"{origin.url} gives no records", f"{origin.url} ne donne aucun enregistrement"
        )


def _iter_pages(connection: Connection, origin: FileOrigin, pages: Pages) -> Iterator[list[Any]]:
    url, value = origin.url, pages.first
    if pages.parameter and value:
        url = set_parameter(origin.url, pages.parameter, [value])
    asked: set[str] = set()
    for _ in range(pages.max):
        if url in asked:
            raise FetchError(
                f"{url} is named as the next page once more: its pages go round in a circle",
                f"{url} revient comme page suivante : ses pages tournent en rond",
            )
        asked.add(url)
        content, link = _get_page(connection, url, origin)
        records = _find_records(content, pages.records, url)
        yield records
        if pages.parameter:
            if pages.cursor:
                fresh = _get_member(content, pages.cursor)
                if not records or not fresh or str(fresh) == value:
                    return
                value = str(fresh)
                values = [str(each) for each in fresh] if isinstance(fresh, list) else [value]
            elif records:
                value = str(int(value) + pages.step)
                values = [value]
            else:
                return
            url = set_parameter(origin.url, pages.parameter, values)
        else:
            named = link if pages.next == LINK_HEADER else _get_member(content, pages.next)
            if not named:
                return
            url = str(httpx.URL(url).join(str(named)))
            if not url.startswith(("http://", "https://")):
                raise FetchError(
                    f"{origin.url} names {url} as its next page, which is no address of the web",
                    f"{origin.url} donne {url} comme page suivante, qui n'est pas une adresse du "
                    "web",
                )
    raise FetchError(
        f"{origin.url} has more than {pages.max} pages: if that is meant, write max in pages",
        f"{origin.url} a plus de {pages.max} pages : si c'est voulu, écrivez max dans pages",
    )


def _get_page(connection: Connection, url: str, origin: FileOrigin) -> Page:
    body, link = get_body(connection, url, origin, "application/json")
    try:
        return orjson.loads(body), link
    except orjson.JSONDecodeError as error:
        raise FetchError(
            f"{url} does not answer in JSON: {error}", f"{url} ne répond pas en JSON : {error}"
        ) from error


def get_body(
    connection: Connection, url: str, origin: FileOrigin, accept: str
) -> tuple[bytes, str]:
    """What a page says, and the address of the next one as its header `Link` has it."""
    attempt = 0
    while True:
        attempt += 1
        try:
            with connection.get(url, {"Accept": accept}, origin=origin.url) as response:
                if response.status_code in BUSY_STATUSES and connection.try_again(
                    attempt, str(response.status_code), response.headers.get("retry-after", "")
                ):
                    continue
                raise_for_status(response, url)
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_PAGE_BYTES:
                        raise too_large(url, MAX_PAGE_BYTES)
                return bytes(body), response.links.get("next", {}).get("url", "")
        except httpx.HTTPError as error:
            if connection.try_again(attempt, repr(error)):
                continue
            reason = str(error) or type(error).__name__
            raise FetchError(
                f"{url} cannot be fetched: {reason}", f"{url} ne se rapatrie pas : {reason}"
            ) from error


def _find_records(content: Any, path: str, url: str) -> list[Any]:
    if path:
        found = _get_member(content, path)
    elif isinstance(content, list):
        found = content
    else:
        members = content if isinstance(content, dict) else {}
        found = next((members[name] for name in RECORD_LIST_NAMES if name in members), None)
    elements = list_elements(found)
    if elements is None:
        listed = ", ".join(content) if isinstance(content, dict) else type(content).__name__
        raise FetchError(
            f"{url}: the records are not found; write in pages which member is their list "
            f"(records = …). The page has: {listed}",
            f"{url} : les enregistrements ne s'y trouvent pas ; écrivez dans pages quel membre en "
            f"est la liste (records = …). La page a : {listed}",
        )
    return elements


def _get_member(content: Any, path: str) -> Any:
    for name, _ in parse_path(path):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def set_parameter(url: str, name: str, values: Sequence[str]) -> str:
    """An address with other values of one of its parameters."""
    fresh = httpx.URL(url).copy_remove_param(name)
    for value in values:
        fresh = fresh.copy_add_param(name, value)
    return str(fresh)
