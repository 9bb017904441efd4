#!/usr/bin/env bash
# Finding: pyshacl reads the inverse of a sequence of properties in the order of the sequence.
#
# Versions: pyshacl 0.40.1, on rdflib 7.6.0 (PyPI).
# Expected: SHACL (Recommendation, 2.3.1.4) maps sh:inversePath to the inverse path of SPARQL, and
#   the inverse of "a, then b" is "b backwards, then a backwards". From a firm, the inverse of
#   "parent, then employer" leads to the children of those who work there.
# Behaviour: each step is inverted, and the steps keep their order: the path leads nowhere, or to
#   other nodes. rdflib finds the same path, asked in SPARQL on the same graph.
# Output seen: "SPARQL: child", "inverse of the sequence: 0 values, conforms: False",
#   "sequence of inverses: 1 value, conforms: True".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import Graph

PREFIXES = '@prefix : <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .'
DATA = PREFIXES + ':child :parent :mother . :mother :employer :firm .'
SHAPE = PREFIXES + ':S a sh:NodeShape ; sh:targetNode :firm ; sh:property [ sh:path %s ; %s ] .'
INVERSE = '[ sh:inversePath ( :parent :employer ) ]'
WRITTEN_OUT = '( [ sh:inversePath :employer ] [ sh:inversePath :parent ] )'


def judge(name, path):
    data = Graph().parse(data=DATA)
    values = 0
    for count in (1, 2):
        shapes = Graph().parse(data=SHAPE % (path, f'sh:minCount {count}'))
        conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes)
        values += conforms
        if count == 1:
            first = conforms
    print(f'{name}: {values} value{"s" * (values != 1)}, conforms: {first}')
    return values


query = 'PREFIX : <http://example.org/> SELECT ?who { :firm ^(:parent/:employer) ?who }'
found = [row.who.rsplit('/', 1)[1] for row in Graph().parse(data=DATA).query(query)]
print('SPARQL:', *found)
assert found == ['child']
assert judge('inverse of the sequence', INVERSE) == 0
assert judge('sequence of inverses', WRITTEN_OUT) == 1
PYTHON
