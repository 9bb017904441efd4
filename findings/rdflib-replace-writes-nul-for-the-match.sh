#!/usr/bin/env bash
# Finding: rdflib's REPLACE writes the character NUL where $0 stands for what was matched.
#
# Versions: rdflib 7.6.0, beside pyoxigraph 0.5.13 (PyPI).
# Expected: REPLACE of SPARQL 1.1 (17.4.3.15) is fn:replace of XPath, in whose replacement $0 is what the
#   whole pattern matched (XQuery 1.0 and XPath 2.0 Functions and Operators, 7.6.3): "59350" with
#   "^.+$" and "commune-$0" is "commune-59350".
# Behaviour: each $N is handed on as \N to Python's re.sub, to which \0 is no group but a character in
#   octal: the result is "commune-" and U+0000, without an error. What is inserted so stays in the
#   graph. Its RDF/XML is then no XML, and is refused by the parser of the same library. $1 around the
#   whole pattern gives what $0 should.
# Output seen: "rdflib: 'commune-\x00'", "pyoxigraph: 'commune-59350'", "with $1: 'commune-59350'",
#   "read again as RDF/XML: SAXParseException".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13 rdflib==7.6.0
"$folder/env/bin/python" - <<'PYTHON'
import pyoxigraph
import rdflib

MATCH = 'SELECT ?key { BIND(REPLACE("59350", "^.+$", "commune-$0") AS ?key) }'
GROUP = 'SELECT ?key { BIND(REPLACE("59350", "^(.+)$", "commune-$1") AS ?key) }'
INSERT = """PREFIX : <http://example.org/>
INSERT { :lille :key ?key } WHERE { BIND(REPLACE("59350", "^.+$", "commune-$0") AS ?key) }"""

graph = rdflib.Graph()
((by_rdflib,),) = graph.query(MATCH)
((grouped,),) = graph.query(GROUP)
((by_oxigraph,),) = pyoxigraph.Store().query(MATCH)
print("rdflib:", repr(str(by_rdflib)))
print("pyoxigraph:", repr(by_oxigraph.value))
print("with $1:", repr(str(grouped)))
assert str(by_rdflib) == "commune-\0"
assert by_oxigraph.value == str(grouped) == "commune-59350"

graph.update(INSERT)
try:
    rdflib.Graph().parse(data=graph.serialize(format="xml"), format="xml")
    refused = "no error"
except Exception as error:
    refused = type(error).__name__
print("read again as RDF/XML:", refused)
assert refused == "SAXParseException"
PYTHON
