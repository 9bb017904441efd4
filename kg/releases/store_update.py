"""Store update: the store of an earlier release with the difference applied, its files shared.

The files of a RocksDB store in which data is (`*.sst`) are never written again: a store that shares
them with an earlier one by hard links needs room for its difference only. What is small and does
change (which files there are) is copied. See docs/decisions/0026-updates.md.
"""

import os
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.iris import build_graph_iri
from kg.progress import ProgressCallback
from kg.release_layout import Release
from kg.releases.differences import ADDED, REMOVED

DATA_SUFFIX: Final = ".sst"
UNCOPIED_PREFIX: Final = "LO"
"""`LOG` and `LOCK`: of the process that wrote them."""
BATCH_LINES: Final = 50_000
TRIPLE_OF_LINE_SQL: Final = "regexp_replace(line, ' <[^<>]*> \\.$', ' .')"


class StoreUpdater:
    """A store that is made of that of an earlier release and of the staged difference from it."""

    def __init__(self, db: duckdb.DuckDBPyConnection, earlier: Release, folder: Path) -> None:
        """Links the files and applies the difference. The tables it reads may go afterwards."""
        _link_store(earlier.store, folder)
        store = ox.Store(str(folder))
        for quads in _read_quads(db, _select_removed()):
            for quad in quads:
                store.remove(quad)
        for quads in _read_quads(db, _select_added()):
            store.extend(quads)
        sources = db.execute("SELECT DISTINCT source FROM settled").fetchall()
        graphs = {build_graph_iri(source) for (source,) in sources}
        for graph in list(store.named_graphs()):
            if isinstance(graph, ox.NamedNode) and graph.value not in graphs:
                store.remove_graph(graph)
        store.flush()
        del store
        # opened once more, the log of what is in the data files by now is removed
        store = ox.Store(str(folder))
        store.flush()
        del store
        for name in _list_names(folder):
            if name.startswith("LOG"):
                (folder / name).unlink()

    def finish(self, track: ProgressCallback) -> None:
        """Nothing is left to be done."""
        del track

    def close(self) -> None:
        """Nothing is left open."""


def _link_store(earlier: Path, folder: Path) -> None:
    folder.mkdir()
    for name in _list_names(earlier):
        if name.endswith(DATA_SUFFIX):
            link_or_copy(earlier / name, folder / name)
        elif not name.startswith(UNCOPIED_PREFIX):
            shutil.copyfile(earlier / name, folder / name)


def link_or_copy(existing: Path, path: Path) -> None:
    """Makes a hard link to a file, or a copy where the file system has none."""
    try:
        os.link(existing, path)
    except OSError:
        shutil.copyfile(existing, path)


def _list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _select_removed() -> str:
    """The quads that went, and the triples that no graph has any more."""
    # a triple that is still there has the subject of one that went: it may be one that came
    return (
        f"SELECT line FROM {REMOVED} UNION ALL "
        f"SELECT DISTINCT triple FROM (SELECT {TRIPLE_OF_LINE_SQL} AS triple FROM {REMOVED}) "
        "WHERE triple NOT IN (SELECT '<' || s || '> <' || p || '> ' || o || ' .' FROM settled "
        f"WHERE s IN (SELECT split_part(line[2:], '>', 1) FROM {REMOVED}))"
    )


def _select_added() -> str:
    """The quads that came and their triples."""
    return f"SELECT line || chr(10) || {TRIPLE_OF_LINE_SQL} FROM {ADDED}"


def _read_quads(db: duckdb.DuckDBPyConnection, lines: str) -> Iterator[ox.QuadParser]:
    cursor = db.execute(lines)
    while rows := cursor.fetchmany(BATCH_LINES):
        text = "\n".join(chain.from_iterable(rows)).encode()
        yield ox.parse(input=text, format=ox.RdfFormat.N_QUADS, lenient=True)
