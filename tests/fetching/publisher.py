"""A publisher's web server: real HTTP, with the faults that are asked of it."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SOURCE_DESCRIPTION = """name = "annuaire"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
[title]
fr = "Annuaire"
[description]
fr = "Pour les tests."
[publisher]
fr = "ess-kg"
"""
"""The description of a source that takes its files there, what it fetches left out."""

Query = Mapping[str, list[str]]
Service = Callable[[Query, Mapping[str, str]], tuple[int, bytes]]
"""The status and the body for a query and the headers of a request."""


@dataclass
class Publisher:
    """What a server gives, what it was asked, and how it misbehaves."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    breaks_after: list[int] = field(default_factory=list)
    """Of each of the next answers, after how many bytes the connection is broken off."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next answers, before any file is given."""
    service: Service | None = None
    """What answers instead of the files, where it is an API."""
    ignores_ranges: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[bytes] = field(default_factory=list)

    def get_header(self, name: str) -> list[str]:
        """What each request said in a header."""
        return [headers.get(name.lower(), "") for _, headers in self.asked]


class PublisherHandler(BaseHTTPRequestHandler):
    """Answers as RFC 9110 says, unless the publisher misbehaves."""

    protocol_version = "HTTP/1.1"
    publisher: Publisher

    def do_GET(self) -> None:
        publisher, path = self.publisher, self.path
        publisher.asked.append((path, {k.lower(): v for k, v in self.headers.items()}))
        if publisher.statuses:
            self.end_without_body(publisher.statuses.pop(0))
        elif publisher.service:
            query = parse_qs(urlsplit(path).query, keep_blank_values=True)
            status, body = publisher.service(query, publisher.asked[-1][1])
            if status == HTTPStatus.OK:
                self.give(body, "application/json")
            else:
                self.end_without_body(status)
        elif path in publisher.redirects:
            self.end_without_body(302, Location=publisher.redirects[path])
        elif path.startswith("/api"):
            self.give(give_page(path), "application/json")
        elif path in publisher.files:
            self.give(publisher.files[path], publisher.types.get(path, "text/csv"))
        else:
            self.end_without_body(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.publisher.posted.append(body)
        self.end_without_body(204)

    def give(self, body: bytes, media_type: str) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if self.headers.get("If-None-Match") == etag:
            return self.end_without_body(304)
        start = self.find_start(etag)
        if start and start >= len(body):
            return self.end_without_body(416)
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        breaks = self.publisher.breaks_after
        self.wfile.write(body[start : start + breaks[0]] if breaks else body[start:])
        if breaks:
            breaks.pop(0)
            self.close_connection = True
        return None

    def find_start(self, etag: str) -> int:
        """The first byte that is wanted, 0 for all of the file."""
        wanted = self.headers.get("Range", "")
        if not wanted or self.publisher.ignores_ranges:
            return 0
        if self.headers.get("If-Range", etag) != etag:
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def end_without_body(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def publish() -> Iterator[Publisher]:
    """A server on a free port while the block runs."""
    publisher = Publisher()
    handler = type("Handler", (PublisherHandler,), {"publisher": publisher})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    publisher.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


RECORDS = [{"id": n, "nom": f"Coopérative {n}"} for n in range(7)]


def give_page(path: str) -> bytes:
    """A page of seven records, three a page: by next link, number, offset or cursor."""
    parts = urlsplit(path)
    parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
    way = parts.path.rpartition("/")[2]
    if way == "next":
        start = int(parameters.get("start", "0"))
        following = f"/api/next?start={start + 3}" if start + 3 < len(RECORDS) else None
        return json.dumps(
            {"data": {"items": RECORDS[start : start + 3]}, "links": {"next": following}}
        ).encode()
    if way == "circle":
        return json.dumps({"results": RECORDS, "next": "/api/circle"}).encode()
    if way == "page":
        start = 3 * (int(parameters["page"]) - 1)
        return json.dumps({"results": RECORDS[start : start + 3], "total": 7}).encode()
    if way == "offset":
        start = int(parameters["offset"])
        return json.dumps(RECORDS[start : start + 3]).encode()
    if way == "values":
        # a cursor of two values, none on the first page
        values = parse_qs(parts.query).get("after[]", ["", "0"])
        start = int(values[1])
        fresh = ["x", str(start + 3)] if start + 3 < len(RECORDS) else None
        return json.dumps({"events": RECORDS[start : start + 3], "after": fresh}).encode()
    cursor = parameters["cursor"]
    start = 0 if cursor == "*" else int(cursor)
    fresh = str(min(start + 3, len(RECORDS)))
    return json.dumps({"response": {"docs": RECORDS[start : start + 3]}, "next": fresh}).encode()
