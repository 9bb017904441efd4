#!/usr/bin/env bash
# Finding: in Comunica a path with + inside GRAPH ?g leads from each thing to itself.
#
# Versions: @comunica/query-sparql-rdfjs 5.4.1 with n3 2.13.12 (npm).
# Expected: SPARQL 1.1 (18.4, evaluation of OneOrMorePath) gives what one step or more leads to. With
#   :lille :in :nord and :nord :in :france, ?place :in+ from :lille is :nord and :france, and no place
#   is in itself, in whichever graph this stands.
# Behaviour: where the graph is a variable, be it bound before, and one end of the path is given, the
#   solutions have that end too, once for each graph that it is met in: :lille is in :lille, and ASK says
#   so. With the graph's name in the query, with both ends free, or with :in/:in*, which is the same
#   path, it is not.
# Output seen: "named: france nord", "variable: france lille nord", "bound before: france lille nord",
#   "in/in*: france nord", "both ends free: france france nord", "what is in nord: lille nord",
#   "lille in lille: true".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @comunica/query-sparql-rdfjs@5.4.1 n3@2.13.12
cat > look.mjs <<'SCRIPT'
import assert from "node:assert";
import { QueryEngine } from "@comunica/query-sparql-rdfjs";
import { Parser, Store } from "n3";

const PREFIX = "PREFIX : <http://example.org/> ";
const store = new Store(new Parser().parse(
  "@prefix : <http://example.org/> . :register { :lille :in :nord . :nord :in :france }"));
const engine = new QueryEngine();

async function look(name, pattern, expected) {
  const query = `${PREFIX} SELECT ?x { ${pattern} }`;
  const rows = await (await engine.queryBindings(query, { sources: [store] })).toArray();
  const found = rows.map((row) => row.get("x").value.split("/").pop()).sort().join(" ");
  console.log(`${name}: ${found}`);
  assert.equal(found, expected);
}

await look("named", "GRAPH :register { :lille :in+ ?x }", "france nord");
await look("variable", "GRAPH ?g { :lille :in+ ?x }", "france lille nord");
await look("bound before", "VALUES ?g { :register } GRAPH ?g { :lille :in+ ?x }",
  "france lille nord");
await look("in/in*", "GRAPH ?g { :lille :in/:in* ?x }", "france nord");
await look("both ends free", "GRAPH ?g { ?y :in+ ?x }", "france france nord");
await look("what is in nord", "GRAPH ?g { ?x :in+ :nord }", "lille nord");
const asked = await engine.queryBoolean(
  `${PREFIX} ASK { GRAPH ?g { :lille :in+ :lille } }`, { sources: [store] });
console.log("lille in lille:", asked);
assert.equal(asked, true);
SCRIPT
node look.mjs
