"""Publishing of a release to a remote SPARQL service, over HTTP or as a bulk-load file.

The mark that says which release is there goes first and comes back last, so that no server asks
a release that is being replaced; whatever happens in between, publishing again puts it right.
"""

import gzip
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError

import httpx
from SPARQLWrapper import BASIC, DIGEST, JSON, POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kg.errors import PublishError
from kg.formats import N_QUADS, N_TRIPLES
from kg.progress import ProgressCallback
from kg.release_layout import Release
from kg.sparql.remote.auth import HttpAccount, is_basic_challenge
from kg.sparql.remote.config import (
    IDENTIFIER_PROPERTY,
    PART_PROPERTY,
    PUBLISHED_RELEASE_QUERY,
    RELEASE_MARK_GRAPH,
    UNION_GRAPH,
    RemoteConfig,
)

REQUEST_CHUNK_BYTES: Final = 4 * 1024 * 1024
"""Bytes of triples sent in one request."""
MARK_NOTICE_SECONDS: Final = 3.0
"""Seconds in which every server sees that the mark is gone: see kg.sparql.remote.backend."""
MAX_MISSING_SHARE: Final = 0.01
"""Part of a graph that an engine may count less: some make one value of 1 and 01."""
REQUEST_TIMEOUT: Final = 600.0
SELECT_PARTS: Final = f"SELECT ?graph {{ <{UNION_GRAPH}> <{PART_PROPERTY}> ?graph }}"
COUNT_QUERY: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
RETRY_HINT: Final = (
    "nothing is served from it meanwhile; when that is mended, run `ess-kg publish` again"
)


@dataclass(frozen=True)
class PublishResult:
    """What a service holds after publishing: each graph with its triples."""

    counts: Mapping[str, int]
    was_present: bool = False


def publish_release(
    release: Release,
    service: RemoteConfig,
    track: ProgressCallback,
    wait: Callable[[float], None] = time.sleep,
    *,
    force: bool = False,
) -> PublishResult:
    """Makes a service hold a release and says so there.

    Raises PublishError where the service cannot be asked or written, or does not hold it after.
    """
    with _RemoteStore(service.for_release(release.id)) as target:
        return _replace_release(release, target, track, wait, force=force)


def _replace_release(
    release: Release,
    target: "_RemoteStore",
    track: ProgressCallback,
    wait: Callable[[float], None],
    *,
    force: bool,
) -> PublishResult:
    expected_counts: dict[str, int] = release.read_manifest()["graphs"]
    held = target.select_column(PUBLISHED_RELEASE_QUERY, RELEASE_MARK_GRAPH)
    if held == [release.id] and not force:
        return PublishResult(expected_counts, was_present=True)
    old = set(target.select_column(SELECT_PARTS, RELEASE_MARK_GRAPH))
    target.put_graph(RELEASE_MARK_GRAPH, _build_mark("", old | set(expected_counts)))
    if held:
        wait(MARK_NOTICE_SECONDS)
    for graph in track(sorted(old | set(expected_counts) | {UNION_GRAPH}), "Clearing"):
        target.delete_graph(graph)
    for graph, chunk in track(_iter_chunks(release), "Sending"):
        target.add_triples(graph, chunk)
    counts = {
        g: target.count_triples(g) for g in track([*expected_counts, UNION_GRAPH], "Counting")
    }
    _check_counts(counts, expected_counts | {UNION_GRAPH: int(release.read_manifest()["triples"])})
    target.put_graph(RELEASE_MARK_GRAPH, _build_mark(release.id, expected_counts))
    return PublishResult(counts)


def write_bulk_load_file(release: Release, path: Path) -> None:
    """Writes what a service is to hold as N-Quads, gzipped where the name ends so.

    A bulk loader reads it into an empty dataset; the mark is in it.
    """
    mark = _build_mark(release.id, release.read_manifest()["graphs"])
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        with gzip.open(_find_quads_dump(release)) as quads:
            shutil.copyfileobj(quads, file, 1 << 20)
        with gzip.open(_find_quads_dump(release)) as quads:
            file.writelines(
                _split_line(line)[0] + f"<{UNION_GRAPH}> .\n".encode() for line in quads
            )
        for line in mark.splitlines():
            file.write(line.removesuffix(b".") + f"<{RELEASE_MARK_GRAPH}> .\n".encode())


def _find_quads_dump(release: Release) -> Path:
    dump = next(d for d in release.read_manifest()["dumps"] if d["format"] == N_QUADS.name)
    return release.dumps / str(dump["name"])


def _split_line(line: bytes) -> tuple[bytes, str]:
    """The triple of a line of N-Quads, without its end, and its graph."""
    triple, _, graph = line.rpartition(b"<")
    return triple, graph.partition(b">")[0].decode()


def _iter_chunks(release: Release) -> Iterator[tuple[str, bytes]]:
    """Every graph, and the union, in pieces of N-Triples."""
    gathered: dict[str, list[bytes]] = {}
    sizes: dict[str, int] = {}
    with gzip.open(_find_quads_dump(release)) as quads:
        for line in quads:
            triple, name = _split_line(line)
            for graph in (name, UNION_GRAPH):
                gathered.setdefault(graph, []).append(triple)
                sizes[graph] = sizes.get(graph, 0) + len(triple)
                if sizes[graph] >= REQUEST_CHUNK_BYTES:
                    yield graph, _join_lines(gathered.pop(graph))
                    sizes[graph] = 0
    for graph, triples in gathered.items():
        yield graph, _join_lines(triples)


def _join_lines(triples: list[bytes]) -> bytes:
    return b".\n".join([*triples, b""])


def _build_mark(release: str, graphs: set[str] | Mapping[str, int]) -> bytes:
    lines = [f"<{UNION_GRAPH}> <{PART_PROPERTY}> <{graph}> ." for graph in sorted(graphs)]
    lines += [f'<{UNION_GRAPH}> <{IDENTIFIER_PROPERTY}> "{release}" .'] if release else []
    return ("\n".join(lines) + "\n").encode()


def _check_counts(counts: Mapping[str, int], expected_counts: Mapping[str, int]) -> None:
    short = [
        f"{graph}: {counts[graph]:,} of {count:,}"
        for graph, count in expected_counts.items()
        if not (1 - MAX_MISSING_SHARE) * count <= counts[graph] <= count
    ]
    if short:
        raise PublishError(
            "the service does not hold what was sent:\n  " + "\n  ".join(short) + f"\n{RETRY_HINT}"
        )


class _RemoteStore:
    """A service as it is published to: questions through SPARQLWrapper, graphs through HTTP."""

    def __init__(self, service: RemoteConfig) -> None:
        if not service.graph_store_address:
            raise PublishError(
                "KG_SPARQL_GRAPH_STORE is not set: the address of the service's Graph Store "
                "Protocol; where it has none, `ess-kg publish --to-file` writes a file to load"
            )
        self._service = service
        auth = HttpAccount(service.user, service.password) if service.user else None
        self._http = httpx.Client(timeout=REQUEST_TIMEOUT, trust_env=False, auth=auth)
        self._scheme = self._detect_auth_scheme() if service.user else ""

    def _detect_auth_scheme(self) -> str:
        """How the service wants to be told who asks; empty where it answers anybody."""
        try:
            response = self._http.get(self._service.query_address, auth=None)
        except httpx.HTTPError as error:
            raise PublishError(
                f"{self._service.query_address} cannot be asked: {error!r}"
            ) from error
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return ""
        return str(BASIC if is_basic_challenge(response) else DIGEST)

    def __enter__(self) -> "_RemoteStore":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def select_column(self, query: str, graph: str) -> list[str]:
        """The first column of what a query on one graph gives."""
        wrapper = SPARQLWrapper(self._service.query_address, returnFormat=JSON)
        wrapper.setMethod(POST)
        wrapper.setTimeout(int(REQUEST_TIMEOUT))
        if self._scheme:
            wrapper.setHTTPAuth(self._scheme)
            wrapper.setCredentials(self._service.user, self._service.password)
        wrapper.addDefaultGraph(graph)
        wrapper.setQuery(query)
        try:
            answer = wrapper.query()
            with answer.response:
                results: Any = answer.convert()
            name = results["head"]["vars"][0]
            return [row[name]["value"] for row in results["results"]["bindings"]]
        except (SPARQLWrapperException, HTTPError, URLError, OSError) as error:
            raise PublishError(f"{self._service.query_address} cannot be asked: {error}") from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise PublishError(
                f"{self._service.query_address} does not answer in SPARQL JSON"
            ) from error

    def count_triples(self, graph: str) -> int:
        return int(self.select_column(COUNT_QUERY, graph)[0])

    def put_graph(self, graph: str, triples: bytes) -> None:
        """Makes a graph hold these triples and no others."""
        self._send("PUT", graph, triples)

    def add_triples(self, graph: str, triples: bytes) -> None:
        self._send("POST", graph, triples)

    def delete_graph(self, graph: str) -> None:
        self._send("DELETE", graph, b"")

    def _send(self, method: str, graph: str, triples: bytes) -> None:
        headers = {"Content-Type": N_TRIPLES.media_type} if triples else {}
        try:
            response = self._http.request(
                method,
                self._service.graph_store_address,
                params={"graph": graph},
                content=triples or None,
                headers=headers,
            )
        except httpx.HTTPError as error:
            raise PublishError(
                f"{self._service.graph_store_address} cannot be written: {error!r}; {RETRY_HINT}"
            ) from error
        absent = method == "DELETE" and response.status_code == httpx.codes.NOT_FOUND
        if not response.is_success and not absent:
            raise PublishError(
                f"{self._service.graph_store_address} refused to {method} {graph} "
                f"(status {response.status_code}): {response.text[:300].strip()}; {RETRY_HINT}"
            )
