"""Transitive closure of territories: all territories that contain a record, computed set-wise."""

from collections.abc import Mapping
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.name_similarity import make_spellings, normalize_name
from kg.csvw_tables import Table
from kg.kinds import KINDS
from kg.namespaces import ID, expand
from kg.work_tables import QUADS

VENUE_PREDICATES: Final = ("schema:location", "schema:containedInPlace")
"""Properties, besides those of `Kind.territories`, that locate a record at its venue."""
POINT_TERRITORIES: Final = (
    "commune",
    "commune-deleguee",
    "commune-associee",
    "arrondissement-municipal",
)
"""Territories small enough for their point to stand for where a record is, by prefix of key."""
COMMUNE_KIND: Final = "commune"
"""The kind of the territories whose populations add up to those of all others."""
SUMMED_KINDS: Final = (
    "country",
    "region",
    "overseas-collectivity",
    "departement",
    "arrondissement",
    "epci",
    "metropole",
    "communaute-urbaine",
    "communaute-agglomeration",
    "communaute-communes",
    "ept",
)
"""Kinds of territories that are made of communes: of an urban area or a continent, those that are
known need not be all."""
MIN_COUNTED_SHARE: Final = 0.99
"""Share of the communes of a territory of which the population is known, from which it has a sum:
in a country, those without inhabitants state none."""
COVERS: Final = expand("ess:coversTerritory")
"""The property that says which territories a record acts for, and not where it is."""
COVERED_TERRITORIES: Final = (*POINT_TERRITORIES, "epci", "ept")
"""Territories small enough for their point to stand for a record that covers no other one."""


def create_closure_tables(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> None:
    """Create `inside(id, territory)`, the territories of each record, and `part(whole, part)`.

    The latter has records of one thing under the key of their lead. Reads `quads` and `entity`,
    whose ids it uses. No territory is inside itself.
    """
    predicates = ", ".join(sql.literal(p) for p in sorted(list_edge_predicates(tables)))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE edge AS
        SELECT a.id AS low, b.id AS high, a.kind = 'territory' AS inner_edge,
            bool_and(q.p = {sql.literal(COVERS)}) AS covered
        FROM {QUADS} q
        JOIN entity a ON a.iri = q.s
        JOIN entity b ON b.iri = trim(q.o, '<>')
        WHERE q.p IN ({predicates}) AND starts_with(q.o, {sql.literal("<" + ID)}) AND a.id <> b.id
        GROUP BY ALL
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE above AS
        WITH RECURSIVE up(low, high) AS (
            SELECT low, high FROM edge WHERE inner_edge
            UNION SELECT up.low, edge.high FROM up JOIN edge ON edge.low = up.high AND inner_edge
        )
        SELECT low, high FROM up WHERE low <> high
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE inside AS
        WITH RECURSIVE venue(low, high) AS (
            SELECT low, high FROM edge WHERE NOT inner_edge
            UNION SELECT venue.low, edge.high FROM venue
            JOIN edge ON edge.low = venue.high AND NOT inner_edge
        ),
        direct AS (
            SELECT low, high FROM venue JOIN entity ON id = high WHERE kind = 'territory'
        )
        SELECT low AS id, high AS territory FROM direct
        UNION SELECT direct.low, above.high FROM direct JOIN above ON above.low = direct.high
        UNION SELECT low, high FROM above
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE part AS
        WITH shown AS (
            SELECT e.id, e.kind, coalesce(l.key, e.key) AS key
            FROM entity e LEFT JOIN entity l ON l.iri = e.lead
        )
        SELECT DISTINCT high_entity.key AS whole, low_entity.key AS part
        FROM edge JOIN shown high_entity ON high_entity.id = high
        JOIN shown low_entity ON low_entity.id = low
        WHERE inner_edge AND high_entity.kind = 'territory' AND whole <> part ORDER BY ALL
        """
    )


def create_venue_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `venue(id, latitude, longitude, point_of)`: where records are that say no coordinates.

    An event is where its place is, and else, as any record, at the point of its commune, or of the
    commune of its place; `point_of` (kind/key) is the record whose point it is. A record with
    several places or communes that have coordinates is at none. What says no seat and covers one
    territory alone is at the point of that one; of several no one is chosen, and their middle is
    no place. Reads `edge` and `entity`.
    """
    prefixes = ", ".join(sql.literal(prefix) for prefix in POINT_TERRITORIES)
    covered = ", ".join(sql.literal(prefix) for prefix in COVERED_TERRITORIES)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE venue AS
        WITH pointed AS (
            SELECT id, kind || '/' || key AS point_of, kind = 'territory' AS shared,
                CASE WHEN kind = 'territory' THEN regexp_replace(key, '-[^-]*$', '') END AS level,
                try_cast(cells ->> '$.latitude[0]' AS DOUBLE) AS latitude,
                try_cast(cells ->> '$.longitude[0]' AS DOUBLE) AS longitude
            FROM entity
            WHERE latitude IS NOT NULL AND longitude IS NOT NULL
        ),
        located AS (
            SELECT * EXCLUDE level FROM pointed WHERE level IS NULL OR level IN ({prefixes})
        ),
        direct AS (SELECT low, high FROM edge WHERE NOT inner_edge AND NOT covered),
        alone AS (SELECT low, any_value(high) AS high FROM edge WHERE covered
            GROUP BY low HAVING count(*) = 1),
        known AS (
            SELECT direct.low AS id, CASE WHEN shared THEN 2 ELSE 1 END AS distance, located.*
            FROM direct JOIN located ON located.id = direct.high
            UNION SELECT direct.low, 3, located.*
            FROM direct JOIN direct place ON place.low = direct.high
            JOIN located ON located.id = place.high WHERE shared
            UNION SELECT alone.low, 4, pointed.* EXCLUDE level FROM alone
            JOIN pointed ON pointed.id = alone.high WHERE level IN ({covered})
        )
        SELECT id, any_value(latitude) AS latitude, any_value(longitude) AS longitude,
            any_value(point_of) AS point_of
        FROM (SELECT *, min(distance) OVER (PARTITION BY id) AS nearest FROM known)
        WHERE distance = nearest GROUP BY id HAVING count(*) = 1
        """
    )


def create_population_sums(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `population_sum(id, population, counted, communes, sources)`.

    The population of territories that state none is that of their communes, as the official ones
    of départements and régions are; of `communes` of them, `counted` state theirs, by `sources` (a
    JSON list). A territory of which too few do has no row. Reads `entity`, `entity_source` and
    `inside`.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE population_sum AS
        WITH stated AS (
            SELECT id, cells ->> '$.kind[0]' AS level, lead,
                try_cast(cells ->> '$.population[0]' AS BIGINT) AS population
            FROM entity WHERE kind = 'territory'
        )
        SELECT whole.id, sum(commune.population)::BIGINT AS population,
            count(commune.population) AS counted, count(*) AS communes,
            to_json(list_sort(list_distinct(flatten(list(sources))))) AS sources
        FROM inside JOIN stated commune USING (id) JOIN stated whole ON whole.id = territory
        JOIN (SELECT id, list(source) AS sources FROM entity_source GROUP BY id) USING (id)
        WHERE commune.level = {sql.literal(COMMUNE_KIND)} AND commune.lead IS NULL
            AND whole.level IN ({", ".join(map(sql.literal, SUMMED_KINDS))})
            AND whole.population IS NULL
        GROUP BY whole.id HAVING counted >= {MIN_COUNTED_SHARE} * communes ORDER BY whole.id
        """
    )


def read_former_codes(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    """Read (code, until, key, name, *spellings) of former communes, by current territory.

    The name is empty where none is stated.
    """
    start = f"{ID}territory/"
    rows = connection.execute(
        f"""
        SELECT lexical(c.o), lexical(u.o), substr(f.s, length($start) + 1),
            coalesce(min(lexical(n.o)), '')
        FROM {QUADS} f
        JOIN {QUADS} c ON c.s = trim(f.o, '<>') AND c.p = $code
        JOIN {QUADS} u ON u.s = trim(f.o, '<>') AND u.p = $until
        LEFT JOIN {QUADS} n ON n.s = trim(f.o, '<>') AND n.p = $name
        WHERE f.p = $formerly AND starts_with(f.s, $start) GROUP BY 1, 2, 3 ORDER BY ALL
        """,
        {
            "start": start,
            "formerly": expand("ess:formerly"),
            "code": expand("skos:notation"),
            "until": expand("ess:until"),
            "name": expand("skos:prefLabel"),
        },
    ).fetchall()
    return [(*row, *make_spellings(normalize_name(row[3]))) for row in rows]


def list_edge_predicates(tables: Mapping[str, Table]) -> set[str]:
    """The properties that place a record in another one."""
    columns = [
        tables[kind.table].get_column(name).predicate for kind in KINDS for name in kind.territories
    ]
    return {expand(predicate) for predicate in (*columns, *VENUE_PREDICATES) if predicate}
