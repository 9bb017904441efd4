#!/usr/bin/env bash
# Finding: pyshacl drops the language of the messages of SPARQL constraints, and of these alone.
#
# Version: pyshacl 0.40.1 (PyPI).
# Expected: the messages of a constraint stand in the result as they are stated, one for each language
#   (SHACL, Recommendation, 3.6.2.7 and 5.3.2), so that a report is read in one of them.
# Behaviour: a sh:message on a core constraint keeps its language tag. On a sh:sparql constraint all
#   messages come as literals without a language, in no order: which is in which cannot be told.
# Output seen: "core: \"no\"@en, \"non\"@fr", "SPARQL: \"no\", \"non\"".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import SH, Graph

PREFIXES = '@prefix : <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .'
DATA = PREFIXES + ':a :p 1 .'
SAID = 'sh:message "no"@en, "non"@fr'
CORE = f'sh:property [ sh:path :p ; sh:maxCount 0 ; {SAID} ]'
SELECT = 'SELECT $this ?value { $this <http://example.org/p> ?value }'
SPARQL = f'sh:sparql [ {SAID} ; sh:select "{SELECT}" ]'


def judge(name, constraint):
    shapes = Graph().parse(data=f'{PREFIXES} :S a sh:NodeShape ; sh:targetNode :a ; {constraint} .')
    _, report, _ = pyshacl.validate(Graph().parse(data=DATA), shacl_graph=shapes)
    messages = sorted(message.n3() for message in report.objects(None, SH.resultMessage))
    print(f'{name}:', ', '.join(messages))
    return messages


assert judge('core', CORE) == ['"no"@en', '"non"@fr']
assert judge('SPARQL', SPARQL) == ['"no"', '"non"']
PYTHON
