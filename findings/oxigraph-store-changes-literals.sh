#!/usr/bin/env bash
# Finding: a pyoxigraph Store gives back other literals than it was given, a Dataset the same ones.
#
# Version: pyoxigraph 0.5.13 (PyPI).
# Expected: RDF 1.1 compares literals by their text and their datatype, so that what is read into a
#   store and written out again is the same graph, with the same canonical hash (RDFC-1.0).
# Behaviour: the Store keeps values. It writes durations, decimals, booleans, times and numbers in a
#   form of its own, and gives every type derived from xsd:integer the datatype xsd:integer. Asked
#   for, the literals that were given are "in" it all the same. The Dataset of the same package
#   keeps what it was given, so that the two disagree on the hash of one document. Whoever publishes
#   a hash or a dump has to decide which of the two it is of; a shape with
#   sh:datatype xsd:nonNegativeInteger no longer holds of what comes out of the Store.
# Output seen: the table below, then "store and dataset: other hashes".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13
"$folder/env/bin/python" - <<'PYTHON'
import hashlib

import pyoxigraph as ox

XSD = "http://www.w3.org/2001/XMLSchema#"
SEEN = {
    ("P18M", "duration"): ("P1Y6M", "duration"),
    ("PT90S", "dayTimeDuration"): ("PT1M30S", "dayTimeDuration"),
    ("50.6400", "decimal"): ("50.64", "decimal"),
    ("1", "boolean"): ("true", "boolean"),
    ("1.0E1", "double"): ("10", "double"),
    ("2026-05-12T24:00:00", "dateTime"): ("2026-05-13T00:00:00", "dateTime"),
    ("2026-05-12+00:00", "date"): ("2026-05-12Z", "date"),
    ("7", "nonNegativeInteger"): ("7", "integer"),
    ("7", "int"): ("7", "integer"),
}


def triples():
    for number, (text, datatype) in enumerate(SEEN):
        value = ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))
        yield ox.Quad(ox.NamedNode(f"http://example.org/{number}"), ox.NamedNode("http://example.org/p"), value)


def read(quads):
    return {q.subject.value: (q.object.value, q.object.datatype.value.removeprefix(XSD)) for q in quads}


def digest(quads):
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(f"{q.subject} {q.predicate} {q.object} ." for q in dataset)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


store, dataset = ox.Store(), ox.Dataset(triples())
store.extend(triples())
from_store, from_dataset = read(store), read(dataset)
for number, (given, seen) in enumerate(SEEN.items()):
    name = f"http://example.org/{number}"
    print("%-22s %-20s store: %-22s %-16s dataset: %s %s" % (*given, *from_store[name], *from_dataset[name]))
    assert from_store[name] == seen, from_store[name]
    assert from_dataset[name] == given, from_dataset[name]
assert all(quad in store for quad in triples())
assert digest(store) != digest(dataset)
print("store and dataset: other hashes")
PYTHON
