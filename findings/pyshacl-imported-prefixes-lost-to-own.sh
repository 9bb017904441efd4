#!/usr/bin/env bash
# Finding: in pyshacl an ontology that declares a prefix of its own loses those that it imports.
#
# Version: pyshacl 0.40.1 (PyPI).
# Expected: SHACL (Recommendation, 5.2.1) collects the prefixes of a SPARQL constraint along the path
#   sh:prefixes/owl:imports*/sh:declare, so that one ontology declares them and others import it.
# Behaviour: owl:imports is not followed. Where the ontology of sh:prefixes declares nothing, the
#   prefixes of every ontology of the shapes graph count, imported or not; once it declares one, its
#   own alone do. The query that used an imported prefix then ends the validation with an error of the
#   parser of SPARQL that names no shape.
# Output seen: "imports: conforms: False", "neither: conforms: False",
#   "imports and declares: Exception: Unknown namespace prefix : ex".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyshacl==0.40.1
"$folder/env/bin/python" - <<'PYTHON'
import pyshacl
from rdflib import Graph

PREFIXES = '''@prefix : <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
'''
SHAPE = PREFIXES + '''
:common a owl:Ontology ;
  sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/"^^xsd:anyURI ] .
:model a owl:Ontology %s .
:S a sh:NodeShape ; sh:targetNode :a ; sh:sparql [
  sh:prefixes :model ; sh:message "has a value" ;
  sh:select "SELECT $this ?value { $this ex:p ?value }" ] .
'''


def judge(name, more):
    data = Graph().parse(data=PREFIXES + ':a :p 1 .')
    try:
        conforms, *_ = pyshacl.validate(data, shacl_graph=Graph().parse(data=SHAPE % more))
    except Exception as error:
        outcome = f'{type(error).__name__}: {error}'
    else:
        outcome = f'conforms: {conforms}'
    print(f'{name}: {outcome}')
    return outcome


IMPORT = '; owl:imports :common'
OWN = '; sh:declare [ sh:prefix "own" ; sh:namespace "urn:own:"^^xsd:anyURI ]'
assert judge('imports', IMPORT) == 'conforms: False'
assert judge('neither', '') == 'conforms: False'
assert 'Unknown namespace prefix' in judge('imports and declares', IMPORT + OWN)
PYTHON
