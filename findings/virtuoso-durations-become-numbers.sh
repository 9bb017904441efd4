#!/usr/bin/env bash
# Finding: Virtuoso keeps other durations than those that are loaded: half a minute becomes 30.3.
#
# Version: Virtuoso 7.2.5 (Debian's package virtuoso-opensource-7-bin 7.2.5.1+dfsg1-0.3).
# Expected: "P3Y"^^xsd:duration, loaded and asked for again, is "P3Y", or another text of the same
#   duration (XML Schema 1.1, 3.3.6).
# Behaviour: it comes back as a bare number, which is no xsd:duration although that stays its
#   datatype: of months where there are years or months, else of seconds, and nothing tells which.
#   The number is wrong where there are seconds, which it has a second time behind the point (PT30S
#   is 30.3, PT5S is 5.5), and where there are days beside months, which are dropped (P1Y2M3D is
#   14). What is loaded is changed for good, so that a dump has the numbers too. INSERT DATA refuses
#   such a literal (SR553): what a loader accepts, an update does not.
# Output seen: "P3Y: 36", "PT1H: 3600", "PT30S: 30.3", "P1Y2M3D: 14", all of xsd:duration, and
#   "INSERT DATA: SR553".
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
duration='http://www.w3.org/2001/XMLSchema#duration'
for text in P3Y PT1H PT30S P1Y2M3D; do
  echo "DB.DBA.TTLP('<urn:$text> <urn:lasts> \"$text\"^^<$duration> .', '', 'urn:g');" > load.sql
  installed/usr/bin/isql-vt "127.0.0.1:$port" dba dba VERBOSE=OFF BANNER=OFF PROMPT=OFF load.sql > /dev/null
  values="${values:-}$text: $(sparql "SELECT (STR(?o) AS ?v) FROM <urn:g> { <urn:$text> ?p ?o }" | xargs); "
done
types=$(sparql 'SELECT DISTINCT (DATATYPE(?o) AS ?t) FROM <urn:g> { ?s <urn:lasts> ?o }' | xargs)
refused=$(sparql "INSERT DATA { GRAPH <urn:g> { <urn:x> <urn:lasts> \"P3Y\"^^<$duration> } }" 2>&1 | grep -o 'SR553' | head -1 || true)
echo "${values}all of $types"
echo "INSERT DATA: $refused"
[ "$values" = "P3Y: 36; PT1H: 3600; PT30S: 30.3; P1Y2M3D: 14; " ]
[ "$types" = "$duration" ]
[ "$refused" = SR553 ]
