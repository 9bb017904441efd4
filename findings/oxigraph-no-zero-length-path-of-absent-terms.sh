#!/usr/bin/env bash
# Finding: in Oxigraph a path that may be empty does not lead from a term to itself where the term
# is in no triple.
#
# Versions: pyoxigraph 0.5.13, beside rdflib 7.6.0 (PyPI).
# Expected: SPARQL 1.1 (18.4, evaluation of ZeroOrOnePath and ZeroOrMorePath) gives the term itself
#   for a path that starts at a term, whatever the graph holds. So "the concept or those above it" has
#   at least the concept, also for a code that no record uses.
# Behaviour: a stated or bound term has no solution and ASK says false; as soon as any triple has the
#   term, it is found. rdflib gives the term in each case.
# Output seen: for each query, "oxigraph 0, rdflib 1", and "once it is in a triple: oxigraph 1".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
  pyoxigraph==0.5.13 rdflib==7.6.0
"$folder/env/bin/python" - <<'PYTHON'
import pyoxigraph
import rdflib

DATA = "<http://example.org/a> <http://example.org/broader> <http://example.org/b> ."
MORE = "<http://example.org/code> <http://example.org/label> 'code' ."
QUERIES = [
    "SELECT ?y { ex:code ex:broader? ?y }",
    "SELECT ?y { ex:code ex:broader* ?y }",
    "SELECT ?y { VALUES ?x { ex:code } ?x ex:broader* ?y }",
    "SELECT ?y { BIND (ex:code AS ?x) ?x ex:broader? ?y }",
]
store = pyoxigraph.Store()
store.load(DATA.encode(), format=pyoxigraph.RdfFormat.TURTLE)
graph = rdflib.Graph().parse(data=DATA, format="turtle")
for query in QUERIES:
    query = "PREFIX ex: <http://example.org/> " + query
    found = [len(list(store.query(query))), len(list(graph.query(query)))]
    print(query.partition("> ")[2] + ": oxigraph {}, rdflib {}".format(*found))
    assert found == [0, 1]
store.load(MORE.encode(), format=pyoxigraph.RdfFormat.TURTLE)
again = len(list(store.query("PREFIX ex: <http://example.org/> " + QUERIES[1])))
print("once it is in a triple: oxigraph", again)
assert again == 1
PYTHON
