#!/usr/bin/env bash
# Finding: Comunica finds no cycle with { ?x path+ ?x }, but one of a single step.
#
# Versions: @comunica/query-sparql-rdfjs 5.4.1 with n3 2.13.12 (npm), beside rdflib 7.6.0 (PyPI).
# Expected: SPARQL 1.1 (18.4) gives for ?x :partOf+ ?x each thing that a path of one step or more leads
#   back to: the usual question for a hierarchy that goes in circles. Of a, b and c that are part of
#   each other in turn it is all three.
# Behaviour: there is no solution, also where ?x is bound before: the variable stands at both ends of
#   the first step, which then has to be a circle of its own. Only a thing that is directly part of
#   itself is found. :partOf/:partOf*, which is the same path, finds them, as does ?x :partOf+ ?y with
#   a filter, and ASK with a name in the place of the variable. rdflib finds them each time.
# Output seen: for rdflib "a b c self" each time; for Comunica "same variable: self",
#   "bound before: " and "with a filter: a b c self", "in two parts: a b c self", "named: true".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check rdflib==7.6.0
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @comunica/query-sparql-rdfjs@5.4.1 n3@2.13.12
cat > data.ttl <<'TURTLE'
@prefix : <http://example.org/> .
:a :partOf :b . :b :partOf :c . :c :partOf :a . :d :partOf :a . :self :partOf :self .
TURTLE
cat > queries.json <<'JSON'
{
  "same variable": "SELECT DISTINCT ?x { ?x :partOf+ ?x }",
  "bound before": "SELECT DISTINCT ?x { VALUES ?x { :a :b :c } ?x :partOf+ ?x }",
  "with a filter": "SELECT DISTINCT ?x { ?x :partOf+ ?y FILTER(?x = ?y) }",
  "in two parts": "SELECT DISTINCT ?x { ?x :partOf/:partOf* ?x }"
}
JSON
cat > ask.py <<'PYTHON'
import json

import rdflib

graph = rdflib.Graph().parse("data.ttl")
for name, query in json.load(open("queries.json")).items():
    rows = graph.query("PREFIX : <http://example.org/> " + query)
    found = " ".join(sorted(str(x).rpartition("/")[2] for x, in rows))
    print(f"rdflib, {name}: {found}")
    assert found == ("a b c" if name == "bound before" else "a b c self")
PYTHON
cat > ask.mjs <<'SCRIPT'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { Parser, Store } from "n3";

const EXPECTED = { "same variable": "self", "bound before": "" };
const PREFIX = "PREFIX : <http://example.org/> ";
const store = new Store(new Parser().parse(readFileSync("data.ttl", "utf8")));
const engine = new QueryEngine();
for (const [name, query] of Object.entries(JSON.parse(readFileSync("queries.json", "utf8")))) {
  const rows = await (await engine.queryBindings(PREFIX + query, { sources: [store] })).toArray();
  const found = rows.map((row) => row.get("x").value.split("/").pop()).sort().join(" ");
  console.log(`comunica, ${name}: ${found}`);
  assert.equal(found, EXPECTED[name] ?? "a b c self");
}
const named = await engine.queryBoolean(`${PREFIX} ASK { :a :partOf+ :a }`, { sources: [store] });
console.log("comunica, named:", named);
assert.equal(named, true);
SCRIPT
env/bin/python ask.py
node ask.mjs
