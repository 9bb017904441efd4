#!/usr/bin/env bash
# Finding: pyparsing's packrat cache makes rdflib's SPARQL parser two to three times slower.
#
# Versions: rdflib 7.6.0, pyparsing 3.3.3 (PyPI), Python 3.
# Expected: `ParserElement.enable_packrat()` keeps what was parsed at each place, and is what one
#   turns on for a grammar that goes back often; SPARQL's, a dozen levels of expressions, seems one.
# Behaviour: rdflib's grammar goes back so little that the cache costs more than it saves, and more
#   the larger it is: with the default of 128 entries twice the time, without a limit three times.
#   The trees are the same. The cache is set for the whole process, so that any other library that
#   turns it on slows the queries of rdflib.
# Output seen: "without 0.45 s, with 128 entries 0.86 s (x1.9), without limit 1.24 s (x2.8), same
#   trees: yes" (processor time of ten parses of each of three queries).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check rdflib==7.6.0 pyparsing==3.3.3
cat > parse.py <<'SCRIPT'
import hashlib, sys, time
import pyparsing
if sys.argv[1] != "without":
    pyparsing.ParserElement.enable_packrat(None if sys.argv[1] == "unlimited" else 128)
from rdflib.plugins.sparql.parser import parseQuery

HEAD = "PREFIX e: <http://example.org/>\n"
QUERIES = [HEAD + text for text in (
    "SELECT ?a ?n WHERE { ?a a e:Person ; e:name ?n . OPTIONAL { ?a e:born ?d } "
    "FILTER(!bound(?d) || (?d > 1900 && ?d + 5 < 2000)) } ORDER BY ?n LIMIT 10",
    "SELECT (count(DISTINCT ?a) AS ?c) WHERE { { ?a e:in/e:in* ?p } UNION { ?a ^e:has ?p } "
    "FILTER NOT EXISTS { ?a e:closed true } } GROUP BY ?p HAVING (count(?a) > 3)",
    "ASK { VALUES ?k { e:a e:b e:c } ?s e:kind ?k ; e:at ?p . ?p e:lat ?x ; e:long ?y "
    "FILTER(regex(str(?s), '^http') && ?x IN (1, 2, 3) && abs(?y - 2.5) <= 1) }",
)]
begin = time.process_time()
trees = [str(parseQuery(text)) for _ in range(10) for text in QUERIES]
print(time.process_time() - begin, hashlib.sha256("".join(trees).encode()).hexdigest())
SCRIPT
read -r without tree < <(PYTHONHASHSEED=0 env/bin/python parse.py without)
read -r some tree_some < <(PYTHONHASHSEED=0 env/bin/python parse.py 128)
read -r all tree_all < <(PYTHONHASHSEED=0 env/bin/python parse.py unlimited)
same=no; [ "$tree" = "$tree_some" ] && [ "$tree" = "$tree_all" ] && same=yes
awk -v a="$without" -v b="$some" -v c="$all" -v same="$same" 'BEGIN {
  printf "without %.2f s, with 128 entries %.2f s (x%.1f), without limit %.2f s (x%.1f), same trees: %s\n",
    a, b, b / a, c, c / a, same
  exit !(b > 1.3 * a && c > 1.3 * a && same == "yes") }'
