"""Partitioning of the work database's quads into batches with the context they need.

A term belongs to the batch its text falls in, by order: the batches are ranges, and each node of
the data is the focus of one batch and no more. What lies around the nodes of a batch is found for
all batches at once, level by level, with joins on hashes: two terms with the same hash give a
batch triples it has no use for, and harm nothing.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.shacl.data_footprint import DataFootprint, FootprintLevel, PropertySet, TriplePattern
from kg.shacl.lexical_forms import (
    CANONICALISED_DATATYPES,
    PROTECTED_PREFIX,
    STABLE_LITERAL,
    protect_all,
)
from kg.shacl.terms import XSD, TermRange, format_bare, iter_statements
from kg.shacl.vocabulary import RDF_TYPE
from kg.sql import select_number
from kg.work_tables import QUADS

SAMPLES_PER_BATCH: Final = 200
"""Quads sampled for each batch to find where to cut."""
BARE_OBJECT_SQL: Final = "CASE WHEN o[1] = '<' THEN o[2:-2] ELSE o END"
SUBJECT_TERM_SQL: Final = "CASE WHEN s[1:2] = '_:' THEN s ELSE '<' || s || '>' END"
PLAIN_LITERAL: Final = r'"([^"\\\x00-\x1f\x7f]|\\["\\nrt])*"(@[a-z0-9-]+)?'
"""Literal that the store writes in the same way: a plain string, or a text in a language."""
SCRATCH_SCHEMA: Final = (
    "CREATE TABLE scratch.beyond (s VARCHAR, p VARCHAR, o VARCHAR)",
    "CREATE TABLE scratch.fresh (entity VARCHAR)",
    "CREATE TABLE scratch.alike (o VARCHAR, same VARCHAR)",
    "CREATE TABLE scratch.beside (batch INTEGER, n BIGINT)",
    "CREATE TABLE scratch.reached (level INTEGER, batch INTEGER, term UBIGINT)",
)
HOMES_SQL: Final = "(SELECT n, batch FROM scratch.parts)"
"""The batch that each triple belongs to."""
SELECT_BLANK_NODES_SQL: Final = """
SELECT DISTINCT batch, blank FROM (
    SELECT batch, unnest([s, o]) AS blank FROM scratch.parts WHERE batch >= 0
    UNION ALL SELECT b.batch, unnest([s, o])
    FROM scratch.beside b JOIN every q USING (n)
) WHERE blank[1:2] = '_:'
"""


def find_cuts(db: duckdb.DuckDBPyConnection, batch: int, partly: bool = False) -> list[str]:
    """Terms at which to cut, so that batches are of one size, with about `batch` entities each.

    With `partly`, only the entities of `scratch.fresh` count.
    """
    subjects = f"SELECT split_part(s, '#', 1) AS e FROM {QUADS}"
    if partly:
        subjects += " WHERE e IN (FROM scratch.fresh)"
        entities = select_number(db, "SELECT count(*) FROM scratch.fresh")
    else:
        entities = select_number(db, f"SELECT approx_count_distinct(e) FROM ({subjects})")
    batches = -(-entities // batch)
    if batches < 2:
        return []
    rows = db.execute(
        f"SELECT e FROM ({subjects}) USING SAMPLE reservoir({batches * SAMPLES_PER_BATCH} "
        "ROWS) REPEATABLE (1)"
    ).fetchall()
    sample = sorted(str(entity) for (entity,) in rows)
    return sorted({sample[rank * len(sample) // batches] for rank in range(1, batches)})


class Partition:
    """Batches of a work database, in a scratch database that is dropped after the run."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._db, self._folder = db, folder
        self.ranges = [TermRange()]
        self.has_blank_nodes = False
        """Whether there are blank nodes; known once filled."""
        self.everywhere = folder / "everywhere.nt"
        db.execute(f"ATTACH {sql.literal(str(folder / 'scratch.duckdb'))} AS scratch")
        for statement in SCRATCH_SCHEMA:
            db.execute(statement)

    def close(self) -> None:
        """Detaches the scratch database; its file goes with the folder."""
        self._db.execute("DROP VIEW IF EXISTS every; DROP VIEW IF EXISTS whole")
        self._db.execute("DETACH scratch")

    def create_triples_view(
        self,
        needs: DataFootprint,
        source: str | None = None,
        context: frozenset[str] = frozenset(),
        properties: frozenset[str] | None = None,
    ) -> None:
        """Creates the view `whole` of the triples, each literal in the form that the store holds;
        `every`, with those of the release around them; and `scratch.hashes` of their terms.

        With `source`, it has the triples of that source and of no source, and of the other sources
        those with the properties of `context` about nodes that the source does not type. With
        `properties`, it has triples with these properties only.
        """
        self._insert_stored_forms(needs)
        conditions = [] if source is None else [self._build_source_condition(source, context)]
        if properties is not None:
            conditions.append(f"p IN ({', '.join(map(sql.literal, sorted(properties)))})")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        own = f"SELECT s, p, o, rowid AS n FROM {QUADS}{where}"
        others = "SELECT s, p, o, -1 - rowid AS n FROM scratch.beyond"
        for name, triples in (("whole", own), ("every", f"{own} UNION ALL {others}")):
            self._db.execute(
                f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT s, p, coalesce(same, o) AS o, n "
                f"FROM ({triples}) LEFT JOIN scratch.alike USING (o)"
            )
        self._create_hashes(needs, f"{own} UNION ALL {others}")

    def _create_hashes(self, needs: DataFootprint, triples: str) -> None:
        """Makes `scratch.hashes` of some triples by the hashes of their terms.

        `met` is the entity that an object belongs to, where its property is followed to it.
        """
        nearest = needs.levels[0]
        leading = (nearest.inverse, nearest.backward, PropertySet(needs.target_predicates))
        # hashes of columns as they are cost least: DuckDB computes each once for equal values
        self._db.execute(
            "CREATE TABLE scratch.hashes AS SELECT n, entity, s, p, coalesce(same, o) AS o, met, "
            f"blank FROM (SELECT n, hash(split_part(s, '#', 1)) AS entity, "
            f"hash({SUBJECT_TERM_SQL}) AS s, hash(p) AS p, hash(o) AS o, "
            f"CASE WHEN {build_properties_condition(*leading)} "
            f"THEN hash(split_part({BARE_OBJECT_SQL}, '#', 1)) END AS met, "
            f"starts_with(s, '_:') OR starts_with(o, '_:') AS blank FROM ({triples})) LEFT JOIN "
            "(SELECT hash(o) AS o, hash(same) AS same FROM scratch.alike) USING (o)"
        )

    def _build_source_condition(self, source: str, context: frozenset[str]) -> str:
        """The condition that a triple is of a source, or context of it."""
        named = ", ".join(sorted(map(sql.literal, context))) or "NULL"
        self._db.execute(f"DELETE FROM scratch.beyond WHERE p NOT IN ({named})")
        self._db.execute(
            f"CREATE OR REPLACE TABLE scratch.typed AS SELECT DISTINCT s AS node FROM {QUADS} "
            f"WHERE source = {sql.literal(source)} AND p = {sql.literal(RDF_TYPE.value)}"
        )
        return (
            f"(source = {sql.literal(source)} OR record IS NULL OR "
            f"(p IN ({named}) AND s NOT IN (FROM scratch.typed)))"
        )

    def set_fresh_entities(self, entities: Sequence[str]) -> None:
        """Fills `scratch.fresh`: the entities that are validated."""
        self._db.execute("INSERT INTO scratch.fresh SELECT unnest(?::VARCHAR[])", [list(entities)])

    def fill(self, needs: DataFootprint, places: Sequence[str], partly: bool = False) -> None:
        """Assigns the triples to batches, and collects the context of each batch.

        With `partly`, only the entities of `scratch.fresh` are assigned; the others are context.
        """
        starts = ["", *places]
        self.ranges = [TermRange(*pair) for pair in zip(starts, [*places, None], strict=True)]
        owner = _build_owner_sql(self.ranges, "s")
        # of a few entities little of the rest is read: it is left where it is
        own = _select_triples(f"{_select_fresh('entity')} AND n >= 0") if partly else "FROM every"
        self._db.execute(
            f"CREATE TABLE scratch.parts AS SELECT CASE WHEN n < 0 THEN -1 ELSE {owner} END "
            f"AS batch, s, p, o, n FROM ({own}) ORDER BY batch"
        )
        self._collect_context(needs, partly)
        self.has_blank_nodes = has_blank_nodes(self._db)
        if self.has_blank_nodes:
            self._collect_blank_nodes()
        self._db.execute(
            "CREATE TABLE scratch.neighbours AS SELECT b.batch, s, p, o "
            f"FROM ({_select_triples('SELECT n FROM scratch.beside')}) JOIN "
            "(SELECT DISTINCT batch, n FROM scratch.beside) b USING (n) ORDER BY b.batch"
        )
        where = (
            " OR ".join(build_pattern_condition(wanted) for wanted in needs.everywhere) or "false"
        )
        self._copy_to_file(f"SELECT s, p, o FROM every WHERE {where}", self.everywhere)

    def list_nodes(self, batch: int, *, typed: bool = False) -> frozenset[str]:
        """The subjects of the triples of a batch; with `typed`, those that have a type."""
        query = f"SELECT DISTINCT s FROM scratch.parts WHERE batch = {batch}"
        if typed:
            query += f" AND p = {sql.literal(RDF_TYPE.value)}"
        return frozenset(str(s) for (s,) in self._db.execute(query).fetchall())

    def _insert_stored_forms(self, needs: DataFootprint) -> None:
        """Fills `scratch.alike` with the stored form of literals that differ from it.

        The store has one term for `"a"@FR` and `"a"@fr`, and so must the joins here.
        """
        wanted = [PropertySet(needs.target_predicates), needs.levels[0].inverse]
        wanted += [steps for level in needs.levels for steps in (level.onward, level.inverse)]
        odd = (
            f"{build_properties_condition(*wanted)} AND NOT regexp_full_match(o, "
            f"{sql.literal(PLAIN_LITERAL)})"
        )
        rows = self._db.execute(
            f"SELECT DISTINCT o FROM (SELECT p, o FROM {QUADS} UNION ALL SELECT p, o FROM "
            f"scratch.beyond) WHERE o[1] = '\"' AND ({build_may_change_sql('o')} OR ({odd}) "
            "OR contains(o, '\\u'))"
        ).fetchall()
        texts = [str(text) for (text,) in rows]
        pairs = [
            pair for pair in zip(texts, get_stored_forms(texts), strict=True) if pair[0] != pair[1]
        ]
        if pairs:
            self._db.execute(
                "INSERT INTO scratch.alike SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
                [list(column) for column in zip(*pairs, strict=True)],
            )

    def write_batch(self, batch: int) -> Path:
        """The file of a batch, in N-Triples."""
        path = self._folder / f"{batch}.nt"
        self._copy_to_file(
            f"SELECT s, p, o FROM scratch.parts WHERE batch = {batch} UNION ALL "
            f"SELECT s, p, o FROM scratch.neighbours WHERE batch = {batch}",
            path,
        )
        return path

    def _copy_to_file(self, query: str, path: Path) -> None:
        subject = SUBJECT_TERM_SQL if self.has_blank_nodes else "'<' || s || '>'"
        # one column without quoting: the terms are escaped already, so the file is what it holds
        self._db.execute(
            f"COPY (SELECT {subject} || ' <' || p || '> ' || o || ' .' FROM ({query})) "
            f"TO {sql.literal(str(path))} "
            "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
        )

    # --- context: a triple that a batch lacks changes its results, one too many does not

    def _collect_context(self, needs: DataFootprint, partly: bool) -> None:
        nearest, *further = needs.levels
        self._collect_first_level(nearest, needs.target_predicates, partly)
        if not any(further):
            return
        followed = [steps for level in further for steps in (level.forward, level.inverse)]
        self._db.execute(
            "CREATE TABLE scratch.links AS SELECT n, coalesce(batch, -1) AS home, s AS start, p, "
            f"o AS goal FROM scratch.hashes LEFT JOIN {HOMES_SQL} USING (n) "
            f"WHERE {build_hashes_condition(*followed)}"
        )
        for number, level in enumerate(further, 1):
            self._collect_level(number, level, number + 1)
        last, before = len(further), -1
        # the last level stands for all that follow
        while before != (before := self._count_reached(last + 1)):
            self._db.execute(
                "CREATE OR REPLACE TABLE scratch.reached AS SELECT DISTINCT least(level, "
                f"{last}) AS level, batch, term FROM scratch.reached"
            )
            self._collect_level(last, further[-1], last + 1)

    def _collect_first_level(
        self, level: FootprintLevel, aimed: frozenset[str], partly: bool
    ) -> None:
        """Collects the triples that point to the nodes of each batch, and the nodes a step away."""
        to_own = PropertySet(level.inverse.iris | aimed, level.inverse.any_property)
        owner = _build_owner_sql(self.ranges, BARE_OBJECT_SQL)
        pointing = _select_triples(_select_fresh("met")) if partly else "FROM every"
        self._db.execute(
            "CREATE TABLE scratch.pointing AS SELECT n, coalesce(h.batch, -1) AS home, "
            f"{owner} AS batch, p, hash({SUBJECT_TERM_SQL}) AS term "
            f"FROM ({pointing}) LEFT JOIN {HOMES_SQL} h USING (n) "
            f"WHERE {build_properties_condition(to_own, level.backward)}"
        )
        self._db.execute(
            "INSERT INTO scratch.beside SELECT batch, n FROM scratch.pointing "
            f"WHERE batch <> home AND {build_properties_condition(to_own)}"
        )
        self._db.execute(
            f"INSERT INTO scratch.reached SELECT DISTINCT 1, batch, hash(o) "
            f"FROM scratch.parts WHERE batch >= 0 AND {build_properties_condition(level.onward)}"
        )
        self._db.execute(
            "INSERT INTO scratch.reached SELECT DISTINCT 1, batch, term "
            f"FROM scratch.pointing WHERE {build_properties_condition(level.backward)}"
        )

    def _collect_level(self, number: int, level: FootprintLevel, following: int) -> None:
        """Collects the triples that are read on the nodes of a level, and the nodes they lead
        to."""
        ways = (("start", "goal", level.forward, level.onward),
                ("goal", "start", level.inverse, level.backward))  # fmt: skip
        for here, there, followed, leading in ways:
            if not followed:
                continue
            met = (
                f"scratch.reached r JOIN scratch.links l ON r.term = l.{here} AND level = {number}"
            )
            self._db.execute(
                f"INSERT INTO scratch.beside SELECT batch, n FROM {met} "
                f"WHERE batch <> home AND {build_hashes_condition(followed)}"
            )
            if leading:
                self._db.execute(
                    f"INSERT INTO scratch.reached SELECT DISTINCT {following}, batch, {there} "
                    f"FROM {met} WHERE {build_hashes_condition(leading)}"
                )

    def _collect_blank_nodes(self) -> None:
        """Collects all triples of the blank nodes of a batch, and on: messages spell them out."""
        before = -1
        while before != (
            before := select_number(self._db, f"SELECT count(*) FROM ({SELECT_BLANK_NODES_SQL})")
        ):
            self._db.execute(
                "INSERT INTO scratch.beside SELECT b.batch, q.n FROM "
                f"({SELECT_BLANK_NODES_SQL}) b JOIN every q ON q.s = blank "
                f"LEFT JOIN {HOMES_SQL} h USING (n) WHERE h.batch IS DISTINCT FROM b.batch"
            )

    def _count_reached(self, level: int) -> int:
        return select_number(
            self._db, f"SELECT count(*) FROM scratch.reached WHERE level >= {level - 1}"
        )


def has_blank_nodes(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are blank nodes in `every`."""
    return bool(select_number(db, "SELECT count(*) FROM (FROM scratch.hashes WHERE blank LIMIT 1)"))


def build_may_change_sql(column: str) -> str:
    """SQL condition that a store may change a literal in N-Triples."""
    names = "|".join(name.removeprefix(XSD) for name in sorted(CANONICALISED_DATATYPES))
    typed = rf'".*"\^\^<(?:{re.escape(XSD)}(?:{names})|{re.escape(PROTECTED_PREFIX)}[^<>]*)>'
    return (
        f"(ends_with({column}, '>') AND regexp_full_match({column}, {sql.literal(typed)}) "
        f"AND NOT regexp_full_match({column}, {sql.literal(STABLE_LITERAL.pattern)}))"
    )


def get_stored_forms(texts: Sequence[str]) -> list[str]:
    """Literals in N-Triples in the form that the store holds."""
    lines = "".join(f"<urn:n> <urn:p> {text} .\n" for text in texts)
    quads = ox.parse(input=lines.encode(), format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return [str(term) for term in protect_all([value for _, _, value in iter_statements(quads)])]


def _build_owner_sql(ranges: Sequence[TermRange], text: str, first: int = 0) -> str:
    """SQL for the number of the range a text is in, as a binary search of nested CASE."""
    if len(ranges) == 1:
        return str(first)
    middle = len(ranges) // 2
    return (
        f"CASE WHEN {text} < {sql.literal(ranges[middle].start)} "
        f"THEN {_build_owner_sql(ranges[:middle], text, first)} "
        f"ELSE {_build_owner_sql(ranges[middle:], text, first + middle)} END"
    )


def build_properties_condition(*steps: PropertySet) -> str:
    """The condition that a predicate is one of some steps."""
    if any(step.any_property for step in steps):
        return "true"
    names = sorted({name for step in steps for name in step.iris})
    return f"p IN ({', '.join(map(sql.literal, names))})" if names else "false"


def build_hashes_condition(*steps: PropertySet) -> str:
    """The condition that a predicate in `scratch.hashes` is one of some steps."""
    if any(step.any_property for step in steps):
        return "true"
    names = sorted({name for step in steps for name in step.iris})
    return f"p IN ({', '.join(f'hash({sql.literal(n)})' for n in names)})" if names else "false"


def _select_fresh(column: str) -> str:
    """The numbers of the triples of fresh entities, or (`met`) of those that lead to them."""
    return (
        f"SELECT n FROM scratch.hashes WHERE {column} IN (SELECT hash(entity) FROM scratch.fresh)"
    )


def _select_triples(numbers: str) -> str:
    """The triples of `every` that have one of some numbers, without reading the others."""
    return (
        f"SELECT s, p, coalesce(same, o) AS o, n FROM (SELECT s, p, o, rowid AS n FROM {QUADS} "
        f"WHERE rowid IN ({numbers}) UNION ALL SELECT s, p, o, -1 - rowid AS n "
        f"FROM scratch.beyond WHERE -1 - rowid IN ({numbers})) LEFT JOIN scratch.alike USING (o)"
    )


def build_pattern_condition(wanted: TriplePattern) -> str:
    """The condition that a triple is among those wanted."""
    subject, predicate, value = wanted
    conditions: list[str] = []
    if subject is not None:
        conditions.append(f"s = {sql.literal(format_bare(subject))}")
    if predicate is not None:
        conditions.append(f"p = {sql.literal(predicate.value)}")
    if value is not None:
        conditions.append(f"o = {sql.literal(str(value))}")
    return f"({' AND '.join(conditions) or 'true'})"
