#!/usr/bin/env bash
# Finding: pyshacl orders years for sh:lessThan, and lets no year pass sh:minInclusive.
#
# Versions: pyshacl 0.40.1, on rdflib 7.6.0 (PyPI).
# Expected: one order of values for all constraints that compare. The year 2020 is after 2000; with
#   dates, both constraints say so.
# Behaviour: with xsd:gYear (and xsd:gYearMonth), sh:lessThan compares as one would, and each value
#   violates sh:minInclusive and sh:maxInclusive whatever the bound, but for the bound itself. A shape
#   such as "founded after 1800" refuses every year.
# Output seen: "date: bound True, order True", "gYear: bound False, order True",
#   "gYearMonth: bound False, order True"; "the wrong way round: order False".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import Graph

PREFIXES = '''@prefix : <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
'''


def conforms(data, constraint):
    shape = f'sh:property [ sh:path :p ; {constraint} ]'
    shapes = f'{PREFIXES} :S a sh:NodeShape ; sh:targetNode :a ; {shape} .'
    outcome, *_ = pyshacl.validate(
        Graph().parse(data=PREFIXES + data), shacl_graph=Graph().parse(data=shapes)
    )
    return outcome


def judge(kind, before, after):
    earlier, later = f'"{before}"^^xsd:{kind}', f'"{after}"^^xsd:{kind}'
    bound = conforms(f':a :p {later} .', f'sh:minInclusive {earlier}')
    order = conforms(f':a :p {earlier} ; :q {later} .', 'sh:lessThan :q')
    print(f'{kind}: bound {bound}, order {order}')
    return bound, order


assert judge('date', '2000-01-01', '2020-05-01') == (True, True)
assert judge('gYear', '2000', '2020') == (False, True)
assert judge('gYearMonth', '2000-01', '2020-05') == (False, True)
wrong = conforms(':a :p "2020"^^xsd:gYear ; :q "2000"^^xsd:gYear .', 'sh:lessThan :q')
print(f'the wrong way round: order {wrong}')
assert wrong is False
PYTHON
