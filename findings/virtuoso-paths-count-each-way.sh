#!/usr/bin/env bash
# Finding: Virtuoso gives a node once for each way that a path with + or * leads to it.
#
# Version: Virtuoso 7.2.5 (Debian's package virtuoso-opensource-7-bin 7.2.5.1+dfsg1-0.3).
# Expected: a path of any length connects two nodes once, however many ways there are between them:
#   SPARQL 1.1 evaluates + and * to a set (18.5, ALP). Of x in a, x in b, a in w and b in w, the
#   query { <urn:x> <urn:in>+ ?o } has three solutions.
# Behaviour: it has four: w is there twice, and COUNT(*) says 4, also where both ends are given.
#   What lies within what, the usual use of such a path, is counted too high wherever a thing is in
#   two wholes that are in a third one (a commune in an intercommunality and in an arrondissement of
#   one département). COUNT(DISTINCT ?o) is right; Oxigraph, rdflib and Jena give w once.
# Output seen: "from x: a b w w", "COUNT(*) from x: 4", "COUNT(*) from x to w: 2", "DISTINCT: 3".
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server"; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq virtuoso-opensource-7-bin=7.2.5.1+dfsg1-0.3 libpcre3 2>/dev/null
for package in ./*.deb; do dpkg-deb -x "$package" installed; done
LD_LIBRARY_PATH=$(find "$folder/installed" -type d -name 'x86_64-linux-gnu' -printf '%p:')
export LD_LIBRARY_PATH
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > virtuoso.ini <<INI
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:$port
DisableUnixSocket = 1
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
INI
installed/usr/bin/virtuoso-t +foreground +configfile virtuoso.ini > /dev/null 2>&1 &
server=$!
disown
sparql() { # from a file: isql-vt drops the + of a query among its arguments
  echo "SPARQL $1;" > query.sql
  installed/usr/bin/isql-vt "127.0.0.1:$port" dba dba VERBOSE=OFF BANNER=OFF PROMPT=OFF query.sql | sed '/^$/d'
}
for _ in $(seq 120); do sparql 'ASK {}' > /dev/null 2>&1 && break; sleep 0.5; done
triples='<urn:x> <urn:in> <urn:a>, <urn:b> . <urn:a> <urn:in> <urn:w> . <urn:b> <urn:in> <urn:w>'
sparql "INSERT DATA { GRAPH <urn:g> { $triples } }" > /dev/null
ends=$(sparql 'SELECT ?o FROM <urn:g> { <urn:x> <urn:in>+ ?o }' | sed 's/^urn://; s/ *$//' | sort | xargs)
all=$(sparql 'SELECT (COUNT(*) AS ?n) FROM <urn:g> { <urn:x> <urn:in>+ ?o }' | xargs)
one=$(sparql 'SELECT (COUNT(*) AS ?n) FROM <urn:g> { <urn:x> <urn:in>+ <urn:w> }' | xargs)
distinct=$(sparql 'SELECT (COUNT(DISTINCT ?o) AS ?n) FROM <urn:g> { <urn:x> <urn:in>+ ?o }' | xargs)
echo "from x: $ends"
echo "COUNT(*) from x: $all"
echo "COUNT(*) from x to w: $one"
echo "DISTINCT: $distinct"
[ "$ends" = "a b w w" ]
[ "$all $one $distinct" = "4 2 3" ]
