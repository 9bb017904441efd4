#!/usr/bin/env bash
# Finding: pyshacl reports the results of an ASK validator on a property shape without sh:value.
#
# Version: pyshacl 0.40.1 (PyPI).
# Expected: SHACL (Recommendation, 6.3) gives one result for each value node for which the ASK query
#   returns false, with that node as its sh:value.
# Behaviour: as many results come as there are wrong values, and none has a sh:value, so that they
#   cannot be told apart, nor led back to what is wrong. The same component as a SELECT validator,
#   and the core components, have it.
# Output seen: "ASK: 2 results, values: []", "SELECT: 2 results, values: ['abcd', 'abcde']".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import SH, Graph

DATA = '@prefix : <http://example.org/> . :a :p "abc", "abcd", "abcde" .'
HEAD = """
@prefix : <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
:Short a sh:ConstraintComponent ;
  sh:parameter [ sh:path :most ] ;
  %s .
:S a sh:NodeShape ; sh:targetNode :a ; sh:property [ sh:path :p ; :most 3 ] .
"""
ASK = """sh:validator [ a sh:SPARQLAskValidator ; sh:message "too long" ;
  sh:ask "ASK { FILTER (strlen(str($value)) <= $most) }" ]"""
SELECT = """sh:propertyValidator [ a sh:SPARQLSelectValidator ; sh:message "too long" ;
  sh:select "SELECT $this ?value { $this $PATH ?value . FILTER (strlen(str(?value)) > $most) }" ]"""


def judge(name, validator):
    data, shapes = Graph().parse(data=DATA), Graph().parse(data=HEAD % validator)
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=False)
    results = list(report.subjects(SH.resultSeverity))
    values = sorted(str(value) for result in results for value in report.objects(result, SH.value))
    print(f"{name}: {len(results)} results, values: {values}")
    return len(results), values


assert judge("ASK", ASK) == (2, [])
assert judge("SELECT", SELECT) == (2, ["abcd", "abcde"])
PYTHON
