#!/usr/bin/env bash
# Finding: cytoscape.js writes a <style> element, which a strict Content-Security-Policy blocks.
#
# Versions: cytoscape 3.35.0 (npm), in Debian's Chromium.
# Expected: a library that draws on a canvas and styles its elements through the DOM works under
#   `style-src 'self'`, as Leaflet does; its documentation names no stylesheet to include.
# Behaviour: the renderer adds a <style> element with three rules to the head, which the policy
#   refuses with an error in the console on every page; the rules are lost. Where the page has an
#   element with the id `__________cytoscape_stylesheet`, be it an empty <link>, it adds none.
# Output seen: "as it comes: 1 style element, 1 refused", "with the id there: 0 style elements, 0
#   refused".
set -euo pipefail
command -v chromium >/dev/null || { echo "needs chromium (Debian)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cytoscape@3.35.0
cp node_modules/cytoscape/dist/cytoscape.min.js .
cat > draw.js <<'SCRIPT'
cytoscape({ container: document.getElementById("drawn"), elements: [{ data: { id: "a" } }] });
SCRIPT
page() {
  printf '%s\n' '<!doctype html><html><head><meta charset="utf-8">' \
    "<meta http-equiv=\"Content-Security-Policy\" content=\"style-src 'self'\">$1</head>" \
    '<body><div id="drawn"></div><script src="cytoscape.min.js"></script>' \
    '<script src="draw.js"></script></body></html>'
}
look() { # the number of style elements, and of styles that were refused
  chromium --headless --no-sandbox --disable-gpu --allow-file-access-from-files \
    --user-data-dir="$folder/profile" --enable-logging=stderr --virtual-time-budget=2000 \
    --dump-dom "file://$folder/$1" > dom.html 2> log.txt
  echo "$(grep -c '<style' dom.html || true) $(grep -c 'Content Security Policy' log.txt || true)"
}
page '' > plain.html
page '<link id="__________cytoscape_stylesheet">' > marked.html
read -r plain refused < <(look plain.html)
read -r marked marked_refused < <(look marked.html)
echo "as it comes: $plain style element, $refused refused"
echo "with the id there: $marked style elements, $marked_refused refused"
[ "$plain" -ge 1 ] && [ "$refused" -ge 1 ] && [ "$marked" -eq 0 ] && [ "$marked_refused" -eq 0 ]
