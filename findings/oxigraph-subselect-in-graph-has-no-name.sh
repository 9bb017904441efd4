#!/usr/bin/env bash
# Finding: in Oxigraph and Comunica a count inside GRAPH ?g counts all graphs together, without ?g.
#
# Versions: pyoxigraph 0.5.13, beside rdflib 7.6.0 (PyPI) and @comunica/query-sparql-rdfjs 5.4.1 with
#   n3 2.13.12 (npm).
# Expected: SPARQL 1.1 evaluates what stands inside GRAPH ?g once for each named graph, with that graph
#   as the active one, and joins the name of the graph to what it finds (18.6, evaluation of Graph). So
#   GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } has the number of triples of each graph.
# Behaviour: both write ?g into the patterns instead. A sub-select that does not project ?g hides it, so
#   that there is one number for all graphs and no name; with LIMIT 1 there is one solution in all, and
#   none for each graph. rdflib gives each graph its own. What works in all three is to project and
#   group: GRAPH ?g { ?s ?p ?o } GROUP BY ?g.
# Output seen: "rdflib: one 2, two 3", "oxigraph: no name 5", "comunica: no name 5", and with GROUP BY
#   "one 2, two 3" of all three.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check pyoxigraph==0.5.13 rdflib==7.6.0
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @comunica/query-sparql-rdfjs@5.4.1 n3@2.13.12
cat > data.trig <<'TRIG'
@prefix : <http://example.org/> .
:one { :a :in :b . :b :in :c . }
:two { :a :in :b . :c :in :d . :d :in :e . }
TRIG
echo 'SELECT ?g ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }' > inside.rq
echo 'SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g' > grouped.rq
cat > ask.py <<'PYTHON'
import sys

import pyoxigraph
import rdflib

query = open(sys.argv[2]).read()
if sys.argv[1] == "oxigraph":
    store = pyoxigraph.Store()
    store.load(path="data.trig")
    rows = [(s["g"] and s["g"].value, s["n"].value) for s in store.query(query)]
else:
    rows = list(rdflib.Dataset().parse("data.trig").query(query))
print(", ".join(sorted(f"{g.rpartition('/')[2] if g else 'no name'} {n}" for g, n in rows)))
PYTHON
cat > ask.mjs <<'SCRIPT'
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { Parser, Store } from "n3";

const store = new Store(new Parser().parse(readFileSync("data.trig", "utf8")));
const query = readFileSync(process.argv[2], "utf8");
const found = await new QueryEngine().queryBindings(query, { sources: [store] });
const rows = await found.map((row) =>
  `${row.get("g")?.value.split("/").pop() ?? "no name"} ${row.get("n").value}`).toArray();
console.log(rows.sort().join(", "));
SCRIPT
for engine in rdflib oxigraph comunica; do
  for query in inside grouped; do
    case $engine in
      comunica) found=$(node ask.mjs "$query.rq") ;;
      *) found=$(env/bin/python ask.py "$engine" "$query.rq") ;;
    esac
    echo "$engine, $query: $found"
    case "$engine $query" in
      "oxigraph inside" | "comunica inside") [ "$found" = "no name 5" ] ;;
      *) [ "$found" = "one 2, two 3" ] ;;
    esac
  done
done
