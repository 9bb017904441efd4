#!/usr/bin/env bash
# Finding: Store.optimize() makes an Oxigraph store larger than the bulk loads that filled it.
#
# Version: pyoxigraph 0.5.13 (PyPI; RocksDB inside).
# Expected: the store takes the same space however many bulk loads its triples came in, and
#   optimize() makes it smaller, or leaves it as it is.
# Behaviour: a bulk load writes files with LZ4 compression. Where there were several, optimize()
#   merges their files into the level of RocksDB that a store of this size fills first, and that
#   level is set to hold no compression: the same triples then take more than one and a half times
#   the space of one bulk load, until a column family outgrows that level (512 MB). Further loads
#   start the same merge by themselves. A store that came in one load is left as it is. The levels
#   are in the file OPTIONS of the store: `compression_per_level` begins with two levels without
#   compression, and `level_compaction_dynamic_level_bytes` counts them from the level in use.
# Output seen: "1 bulk load: 53 MB, optimised 53 MB" and "2 bulk loads: 55 MB, optimised 85 MB".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
from pathlib import Path

import pyoxigraph as ox

PEOPLE = 200_000


def measure(folder):
    return sum(file.stat().st_size for file in folder.glob("*.sst"))


def write(first, last):
    lines = []
    for n in range(first, last):
        person = f"<http://example.org/person/{n}>"
        lines.append(f'{person} <http://example.org/name> "Person number {n} of the register" .\n')
        lines.append(f"{person} <http://example.org/knows> <http://example.org/person/{n // 2}> .\n")
    return "".join(lines).encode()


def load(parts):
    folder = Path(f"store-{parts}")
    store = ox.Store(str(folder))
    size = PEOPLE // parts
    for first in range(0, PEOPLE, size):
        store.bulk_load(write(first, first + size), ox.RdfFormat.N_TRIPLES)
    store.flush()
    loaded = measure(folder)
    store.optimize()
    store.flush()
    assert len(store) == 2 * PEOPLE
    del store
    store = ox.Store(str(folder))  # files that are no longer used are gone once it is opened again
    optimised = measure(folder)
    print(f"{parts} bulk load{'s' * (parts > 1)}: {loaded / 1e6:.0f} MB, optimised {optimised / 1e6:.0f} MB")
    return loaded, optimised


once_loaded, once_optimised = load(1)
loaded, optimised = load(2)
assert once_optimised == once_loaded
assert loaded < 1.1 * once_loaded
assert optimised > 1.4 * loaded
PYTHON
