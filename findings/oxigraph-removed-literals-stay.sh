#!/usr/bin/env bash
# Finding: what is removed from an Oxigraph store stays in its files, after optimize() and even clear().
#
# Version: pyoxigraph 0.5.13 (PyPI; RocksDB inside).
# Expected: once a statement is removed and the store is flushed and optimised, the text of its
#   literal, which nothing names any more, leaves the disk; at the latest when the store is cleared.
# Behaviour: no query finds the literal, but its text stays in the files of the store, in the
#   dictionary of long literals, from which nothing is taken out: after remove(), flush() and
#   optimize(), after the store is closed and opened again, and after clear(). Only a store that is
#   loaded anew from a dump is without it. Whoever must erase what is said of a person has to write
#   the store again, and every copy that shares its files.
# Output seen: "found by a query: 0" each time, and the name of a file that holds the text each time
#   but the last.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
from pathlib import Path

import pyoxigraph as ox

TEXT = "a note of somebody that is to be forgotten"
PREDICATE = ox.NamedNode("http://example.org/note")
gone = ox.Quad(ox.NamedNode("http://example.org/person"), PREDICATE, ox.Literal(TEXT))


def files(folder):
    return sorted(f.name for f in folder.iterdir() if TEXT.encode() in f.read_bytes())


def told(stage, store, folder):
    found = len(list(store.quads_for_pattern(None, None, ox.Literal(TEXT))))
    store.optimize()
    store.flush()
    del store
    held = [name for name in files(folder) if name.endswith(".sst")]
    print(f"{stage}: found by a query: {found}; in the files: {held}")
    return found, held


folder = Path("store")
store = ox.Store(str(folder))
store.bulk_extend(
    ox.Quad(ox.NamedNode(f"http://example.org/{n}"), PREDICATE, ox.Literal(f"another long note, number {n}"))
    for n in range(2000)
)
store.add(gone)
store.flush()
store.optimize()
store.remove(gone)
found, held = told("removed", store, folder)
assert found == 0 and held
del store

store = ox.Store(str(folder))
found, held = told("opened again", store, folder)
assert found == 0 and held

store.dump("rest.nq", format=ox.RdfFormat.N_QUADS)
fresh = Path("fresh")
anew = ox.Store(str(fresh))
anew.bulk_load(path="rest.nq", format=ox.RdfFormat.N_QUADS)

store.clear()
found, held = told("cleared", store, folder)
assert found == 0 and held

found, held = told("loaded anew", anew, fresh)
assert found == 0 and not held
PYTHON
