#!/usr/bin/env bash
# Finding: pyshacl describes a shape in a message as it was in an earlier validation.
#
# Version: pyshacl 0.40.1 (PyPI).
# Expected: where a shape without sh:message is changed in its graph and validated again, the message
#   of its result describes the shape that was violated.
# Behaviour: the texts of blank nodes are kept for the life of the process, by the address of their
#   graph and the name of the node. After sh:minCount 1 was replaced by 3 in the same graph, the
#   message still says 1, though the result is that of 3. The texts of graphs that are gone are kept
#   too: a service that reads its shapes anew for each validation keeps one more each time.
# Output seen: "said: 1, stated: 1", "said: 1, stated: 3", "texts kept after 20 more validations: 21".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import re

import pyshacl
from pyshacl.rdfutil import stringify
from rdflib import SH, Graph, Literal

SHAPES = """
@prefix : <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
:S a sh:NodeShape ; sh:targetNode :a ; sh:not [ sh:path :p ; sh:minCount 1 ] .
"""
DATA = Graph().parse(data="@prefix : <http://example.org/> . :a :p 1, 2, 3 .")


def validate(shapes):
    _, report, _ = pyshacl.validate(DATA, shacl_graph=shapes)
    (message,) = report.objects(None, SH.resultMessage)
    said = re.search(r'minCount Literal\("(\d+)"', message)[1]
    (stated,) = shapes.objects(None, SH.minCount)
    print(f"said: {said}, stated: {stated}")
    return said, str(stated)


shapes = Graph().parse(data=SHAPES)
assert validate(shapes) == ("1", "1")
(inner,) = shapes.subjects(SH.minCount, None)
shapes.set((inner, SH.minCount, Literal(3)))
assert validate(shapes) == ("1", "3")
for _ in range(20):
    pyshacl.validate(DATA, shacl_graph=Graph().parse(data=SHAPES))
kept = len(stringify.stringify_blank_node.dict_cache)
print(f"texts kept after 20 more validations: {kept}")
assert kept == 21
PYTHON
