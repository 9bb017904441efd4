#!/usr/bin/env bash
# Finding: csvw calls a CSV invalid because of a Link header that is not about metadata.
#
# Version: csvw 4.1.1 (PyPI).
# Expected: metadata of a CSV are located by Link headers of relation "describedby" (Model for Tabular
#   Data and Metadata on the Web, 5.2); Link headers of other relations (canonical, alternate,
#   license…) say nothing of it.
# Behaviour: for each Link header before the one that matches, whatever its relation, csvw warns that
#   it ignores linked metadata that do not reference the data. It then takes the right metadata, but
#   counts the warning: is_valid is False. The same file with the links in the other order, or with
#   one link only, is valid.
# Output seen: "describedby first: True", "canonical first: False".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check csvw==4.1.1
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import json
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from csvw import CSVW

DESCRIBED = '<{0}/table>; rel="describedby"; type="application/csvm+json"'
CANONICAL = '<{0}/names.csv>; rel="canonical"'
ORDERS = {"/first/names.csv": (DESCRIBED, CANONICAL), "/second/names.csv": (CANONICAL, DESCRIBED)}


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        folder = self.path.rpartition("/")[0]
        if self.path in ORDERS:
            body, kind = b"id,name\n1,a\n", "text/csv; charset=utf-8"
        elif self.path.endswith("/table"):
            columns = [{"name": "id", "titles": "id"}, {"name": "name", "titles": "name"}]
            table = {
                "@context": "http://www.w3.org/ns/csvw",
                "url": f"{here}{folder}/names.csv",
                "tableSchema": {"columns": columns},
            }
            body, kind = json.dumps(table).encode(), "application/csvm+json"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        for link in ORDERS.get(self.path, ()):
            self.send_header("Link", link.format(here + folder))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.serve_forever, daemon=True).start()


def is_valid(path):
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        return CSVW(f"http://127.0.0.1:{server.server_port}{path}", validate=True).is_valid


first, second = is_valid("/first/names.csv"), is_valid("/second/names.csv")
print(f"describedby first: {first}")
print(f"canonical first: {second}")
server.shutdown()
server.server_close()
assert first is True
assert second is False
PYTHON
