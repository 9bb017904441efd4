#!/usr/bin/env bash
# Finding: pyshacl matches a language of two subtags in sh:languageIn only where nothing follows it.
#
# Version: pyshacl 0.40.1 (PyPI).
# Expected: SHACL (Recommendation, 4.4.4) takes the members of sh:languageIn as basic language ranges,
#   matched as langMatches of SPARQL does: "zh-Hant" allows "zh-Hant-TW", as "zh" does.
# Behaviour: a tag is compared whole, or by its first part alone. So "zh" allows "zh-Hant-TW", and
#   the range "zh-Hant", which says more exactly what it is, refuses it.
# Output seen: "langMatches: True", "range zh: conforms: True", "range zh-Hant: conforms: False".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import Graph

PREFIXES = '@prefix : <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .'
DATA = Graph().parse(data=PREFIXES + ':a :p "台灣"@zh-Hant-TW .')
SHAPE = PREFIXES + ':S a sh:NodeShape ; sh:targetNode :a ; sh:property [ sh:path :p ; sh:languageIn ( "%s" ) ] .'


def judge(tag):
    conforms, *_ = pyshacl.validate(DATA, shacl_graph=Graph().parse(data=SHAPE % tag))
    print(f'range {tag}: conforms: {conforms}')
    return conforms


matches = bool(DATA.query('ASK { ?s ?p ?o FILTER langMatches(lang(?o), "zh-Hant") }').askAnswer)
print('langMatches:', matches)
assert matches
assert judge('zh') is True
assert judge('zh-Hant') is False
PYTHON
