# Two commands do everything: `make serve` and `make test`.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve build test chromium check check-lowest bench-resolve bench-serve bench-build bench-gate vendor screenshots social-images clean
.DEFAULT_GOAL := help

help:
	@echo "make serve   set up, build the graph from data/ and serve it (PORT=$(PORT))"
	@echo "make test    set up and pass every check and test"
	@echo "make build   set up and build a release"
	@echo "make check   formatting, types, layers"
	@echo "make check-lowest  tests with the lowest versions that pyproject.toml allows"
	@echo "make bench-serve  the speed of the server, alone and beside others"
	@echo "make bench-resolve  records found again without their identifier, affiliations read"
	@echo "make bench-build  the cost of a build"
	@echo "make bench-gate   the gate beside pyshacl and Jena, builds of any size"
	@echo "make screenshots  every page at the width of a phone and of a desktop (FOLDER=...)"
	@echo "make social-images  the pictures of shared addresses, drawn again"
	@echo "make vendor  compare the libraries of the pages with their packages (REFRESH=1 copies them)"
	@echo "make clean   remove the environment and everything built"

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[test]'
	@# once for all: where PYTHONDONTWRITEBYTECODE is set, each process would compile them anew
	$(BIN)/python -m compileall -q kg api
	@touch $@

build: $(VENV)/.ready
	$(BIN)/ess-kg build

serve: build
	PORT=$(PORT) $(BIN)/ess-kg serve

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# pages are tested in Debian's Chromium; where that cannot be, these tests are skipped and say so
chromium:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; } \
	  >/dev/null 2>&1 || echo "Chromium could not be installed: tests in a browser are skipped"

test: check chromium
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# the lower ends of ranges; docs/decisions/0002-dependencies.md
check-lowest: LOWEST = $(VENV)/lowest/bin/python -m
check-lowest: INSTALL = $(LOWEST) pip install --quiet --disable-pip-version-check --no-deps
check-lowest:
	$(PYTHON) -m venv $(VENV)/lowest
	$(INSTALL) --requirement constraints.txt
	$(INSTALL) --requirement constraints-lowest.txt --editable .
	$(LOWEST) pip check
	$(LOWEST) pytest tests/sources tests/mapping tests/shacl tests/rdf tests/api/http tests/api/middleware

# docs/benchmarks.md; for example make bench-serve SIZES=10000
bench-serve: SIZES ?= 10000 100000 1000000
bench-serve: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[test,bench]'
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/rivals.py --organisations $(SIZES)

# docs/benchmarks.md; for example make bench-resolve DATA=../shared/data REGISTER=1000000
bench-resolve: DATA ?= ../shared/data
bench-resolve: REGISTER ?= 100000
bench-resolve: $(VENV)/.ready
	$(BIN)/python benchmarks/resolve.py $(DATA) --register $(REGISTER)
	$(BIN)/python benchmarks/known_pairs.py $(DATA)
	$(BIN)/python benchmarks/affiliations.py $(DATA)/research

bench-build: $(VENV)/.ready
	$(BIN)/python benchmarks/build.py

# docs/benchmarks.md; for example make bench-gate SIZES="1000 10000"
bench-gate: SIZES ?= 1000 10000 100000
bench-gate: BUILDS ?= 10000 100000 1000000
bench-gate: $(VENV)/.ready
	$(BIN)/python benchmarks/gate.py --organisations $(SIZES)
	$(BIN)/python benchmarks/change.py --organisations $(SIZES)
	$(BIN)/python benchmarks/build.py --organisations $(BUILDS)

# of a server that runs; for example make screenshots FOLDER=/tmp/pages
screenshots: FOLDER ?= screenshots
screenshots: $(VENV)/.ready chromium
	PYTHONPATH=. $(BIN)/python tests/browser/take_screenshots.py http://127.0.0.1:$(PORT) $(FOLDER)

social-images: $(VENV)/.ready chromium
	$(BIN)/python api/static/social_images.py

vendor: $(VENV)/.ready
	$(BIN)/python api/static/vendored.py $(if $(REFRESH),--refresh)

clean:
	rm -rf $(VENV) data/releases data/quarantine data/work data/mapped
