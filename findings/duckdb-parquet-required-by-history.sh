#!/usr/bin/env bash
# Finding: the schema of a Parquet file that DuckDB writes depends on what a table once held.
#
# Version: duckdb 2.0.0 (PyPI).
# Expected: two tables of the same columns and rows are written as the same Parquet file, so that
#   files can be compared by their hash and appended to data sets of one schema.
# Behaviour: a column becomes REQUIRED where the statistics of the table say that it never held a
#   NULL, else OPTIONAL. A table from which a row with a NULL was deleted, or the same rows as a list
#   of values, give OPTIONAL; the same table gives REQUIRED. With the optimizer
#   statistics_propagation disabled every column is OPTIONAL.
# Output seen: "never a NULL: REQUIRED", "a NULL deleted: OPTIONAL", "without statistics: OPTIONAL".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check duckdb==2.0.0
cd "$folder"
"$folder/env/bin/python" - <<'PYTHON'
import duckdb

NEVER = ["CREATE TABLE t AS SELECT * FROM (VALUES ('x'), ('y')) v(a)"]
DELETED = [
    "CREATE TABLE t AS SELECT * FROM (VALUES ('x'), ('y'), (NULL)) v(a)",
    "DELETE FROM t WHERE a IS NULL",
]


def write(statements, settings=()):
    db = duckdb.connect()
    for statement in (*settings, *statements):
        db.execute(statement)
    db.execute("COPY t TO 'out.parquet' (FORMAT parquet)")
    rows = db.execute("FROM 'out.parquet'").fetchall()
    [(kind,)] = db.execute(
        "SELECT repetition_type FROM parquet_schema('out.parquet') WHERE name = 'a'"
    ).fetchall()
    return kind, rows


never, deleted = write(NEVER), write(DELETED)
without = write(NEVER, ["SET disabled_optimizers = 'statistics_propagation'"])
print(f"never a NULL: {never[0]}")
print(f"a NULL deleted: {deleted[0]}")
print(f"without statistics: {without[0]}")
assert never[1] == deleted[1] == without[1] == [("x",), ("y",)]
assert (never[0], deleted[0], without[0]) == ("REQUIRED", "OPTIONAL", "OPTIONAL")
PYTHON
