"""Skolemization: IRIs for blank nodes, below the entity that they belong to, set-wise in SQL."""

import duckdb

from kg import sql
from kg.rdf.io import GENID_BASE

MAX_DOUBLINGS = 64
"""Number of passes over a chain of blank nodes; each doubles the length followed."""
UNRESOLVED_ROOTS_SQL = (
    "SELECT count(*) FROM roots near JOIN roots far ON near.root = far.b "
    "WHERE near.root <> far.root"
)
"""Number of blank nodes whose root is itself below another root."""


def skolemize_blank_nodes(db: duckdb.DuckDBPyConnection, statements: str, stem: str) -> str:
    """Create a view of a table (n, s, p, o) with IRIs for blank nodes, and a column `root`.

    `root` is the subject itself, or the named node from which a blank subject is reached. A blank
    node that nothing refers to gets an IRI made from `stem`.
    """
    table, view = sql.identifier(statements), f"named_{statements}"
    creates = f"CREATE OR REPLACE TEMP VIEW {sql.identifier(view)} AS"
    if not _has_blank_nodes(db, table):
        db.execute(f"{creates} SELECT *, s AS root FROM {table}")
        return view
    _find_roots(db, table)
    # numbers follow the order of the file, so that equal files give equal IRIs
    db.execute(
        "CREATE OR REPLACE TEMP TABLE named AS "
        "SELECT b, root, coalesce(root || CASE WHEN contains(root, '#') THEN '-' ELSE '#' END, "
        f"{sql.literal(GENID_BASE + stem + '-')}) || 'genid-' || "
        "row_number() OVER (PARTITION BY root ORDER BY n) AS iri "
        "FROM (SELECT b, min(n) AS n FROM ("
        f"SELECT s AS b, n FROM {table} WHERE starts_with(s, '_:') UNION ALL "
        f"SELECT o, n FROM {table} WHERE starts_with(o, '_:')) GROUP BY b) "
        "LEFT JOIN roots USING (b)"
    )
    db.execute(
        f"{creates} SELECT t.n, coalesce(subject.iri, t.s) AS s, t.p, "
        "coalesce('<' || object.iri || '>', t.o) AS o, "
        "coalesce(subject.root, subject.iri, t.s) AS root "
        f"FROM {table} t LEFT JOIN named subject ON t.s = subject.b "
        "LEFT JOIN named object ON t.o = object.b"
    )
    return view


def relabel_blank_nodes(db: duckdb.DuckDBPyConnection, statements: str, mark: str) -> str:
    """Create a view of a table (n, s, p, o) with renamed blank nodes, and a column `root`.

    The prefix `mark` keeps the blank nodes of different files apart. `root` is the subject, or the
    node from which it is reached: a blank one where nothing refers to it.
    """
    table, view = sql.identifier(statements), f"blank_{statements}"
    _find_roots(db, table, through_blank=True)
    subject, value, root = (
        _build_label_sql(term, mark) for term in ("t.s", "t.o", "coalesce(root, t.s)")
    )
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.identifier(view)} AS "
        f"SELECT t.n, {subject} AS s, t.p, {value} AS o, {root} AS root "
        f"FROM {table} t LEFT JOIN roots ON b = t.s"
    )
    return view


def _build_label_sql(term: str, mark: str) -> str:
    return (
        f"CASE WHEN starts_with({term}, '_:') THEN {sql.literal(f'_:{mark}')} || substr({term}, 3) "
        f"ELSE {term} END"
    )


def _has_blank_nodes(db: duckdb.DuckDBPyConnection, table: str) -> bool:
    row = db.execute(
        f"SELECT 1 FROM {table} WHERE starts_with(s, '_:') OR starts_with(o, '_:') LIMIT 1"
    ).fetchone()
    return row is not None


def _find_roots(db: duckdb.DuckDBPyConnection, table: str, *, through_blank: bool = False) -> None:
    """Create `roots` (b, root) by pointer doubling: each pass jumps twice as far as the last.

    With `through_blank`, a blank node that nothing refers to may be a root.
    """
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE roots AS SELECT o AS b, arg_min(s, n) AS root "
        f"FROM {table} WHERE starts_with(o, '_:') AND o <> s GROUP BY o"
    )
    for _ in range(MAX_DOUBLINGS):
        left = db.execute(UNRESOLVED_ROOTS_SQL).fetchone()
        db.execute(
            "CREATE OR REPLACE TEMP TABLE roots AS SELECT near.b, coalesce(far.root, near.root) "
            "AS root FROM roots near LEFT JOIN roots far ON near.root = far.b"
        )
        after = db.execute(UNRESOLVED_ROOTS_SQL).fetchone()
        if after in ((0,), left):
            break
    if through_blank:
        return
    db.execute("DELETE FROM roots WHERE starts_with(root, '_:')")
