#!/usr/bin/env bash
# Finding: in Oxigraph a path of alternatives gives a pair of nodes once, and a UNION of them twice.
#
# Versions: pyoxigraph 0.5.13, beside rdflib 7.6.0 (PyPI).
# Expected: SPARQL 1.1 evaluates an alternative path as the union of its two sides (18.4), and a union
#   adds up how often each has a solution (18.5). Only paths of any length give a pair once. With two
#   books by one person, who is the editor of the first too, ?p :author|:editor ?b has three solutions.
# Behaviour: it has two, and COUNT says two, silently; so SUM and AVG over what is reached differ too.
#   Where the alternatives are a step of a sequence, what is lost is multiplied. The same pattern
#   written with UNION has three, as rdflib has for both.
# Output seen: "author|editor: oxigraph 2, rdflib 3", "UNION: oxigraph 3, rdflib 3",
#   "pages of (author|editor)/pages: oxigraph 300, rdflib 400".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13 rdflib==7.6.0
"$folder/env/bin/python" - <<'PYTHON'
import pyoxigraph
import rdflib

DATA = """@prefix : <http://example.org/> .
:ada :author :first, :second ; :editor :first .
:first :pages 100 . :second :pages 200 ."""
PREFIX = "PREFIX : <http://example.org/> "
QUESTIONS = {
    "author|editor": ("SELECT (COUNT(*) AS ?n) { ?p :author|:editor ?b }", 2, 3),
    "UNION": ("SELECT (COUNT(*) AS ?n) { { ?p :author ?b } UNION { ?p :editor ?b } }", 3, 3),
    "pages of (author|editor)/pages": (
        "SELECT (SUM(?k) AS ?n) { ?p :author|:editor ?b . ?b :pages ?k }", 300, 400),
}
store = pyoxigraph.Store()
store.load(DATA.encode(), format=pyoxigraph.RdfFormat.TURTLE)
graph = rdflib.Graph().parse(data=DATA, format="turtle")
for name, (query, expected_store, expected_graph) in QUESTIONS.items():
    (found,) = store.query(PREFIX + query)
    (counted,) = graph.query(PREFIX + query)
    in_store, in_graph = int(found["n"].value), int(counted.n)
    print(f"{name}: oxigraph {in_store}, rdflib {in_graph}")
    assert (in_store, in_graph) == (expected_store, expected_graph)
PYTHON
