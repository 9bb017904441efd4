"""Records of a release as they are compared: its organisations and places, with identifiers."""

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import TAG_PATTERN
from kg.release_layout import Release
from kg.resolution.pairs import DescribedRecord

RESOLVED_TABLES: Final = {"organisation": "organisations", "place": "places"}
"""The kinds of records that are resolved, with their tables."""
OPTIONAL_COLUMNS: Final = ("acronym", "legal_name", "founded_on")
COMMUNE_PREFIX: Final = "territory/commune-"
COUNTRY_PREFIX: Final = "territory/country-"
KEY_SCHEMES: Final = ("siren", "siret", "rna", "ror", "rnsr", "uai", "finess")
"""Schemes by whose identifiers records are keyed (`siren-552100554`)."""

RECORDS_SQL: Final = """
SELECT {kind} || '/' || r.id, array_to_string(list_sort(r.sources), '|'),
    list_filter([label_fr, label_en, {legal_name}], lambda x: x IS NOT NULL)
      || list_transform(coalesce({labels}, []), lambda x: regexp_replace(x, '@{tag}$', ''))
      || list_transform(coalesce(alt_labels, []), lambda x: regexp_replace(x, '@{tag}$', '')),
    list_filter([{acronym}], lambda x: x IS NOT NULL), coalesce(territory, ''),
    coalesce(homepage, ''),
    coalesce({founded_on}, ''), coalesce(known, []), r.id
FROM {table} r LEFT JOIN (
    SELECT subject, list([scheme, value] ORDER BY scheme, value) AS known
    FROM {identifiers} GROUP BY subject
) i ON i.subject = {kind} || '/' || r.id
ORDER BY r.id
"""


def read_records(release: Release, kind: str) -> Iterator[DescribedRecord]:
    """The records of a kind, in the order of their keys."""
    with duckdb.connect() as db:
        table, identifiers = (
            f"read_parquet({sql.literal(str(release.dumps / f'{name}.parquet'))})"
            for name in (RESOLVED_TABLES[kind], "identifiers")
        )
        columns = {row[0] for row in db.execute(f"DESCRIBE FROM {table}").fetchall()}
        optional = {name: name if name in columns else "NULL::VARCHAR" for name in OPTIONAL_COLUMNS}
        optional["labels"] = "labels" if "labels" in columns else "NULL::VARCHAR[]"
        query = RECORDS_SQL.format(
            kind=sql.literal(kind),
            table=table,
            identifiers=identifiers,
            tag=TAG_PATTERN,
            **optional,
        )
        for row in db.execute(query).fetchall():
            record, dataset, names, acronyms, territory, site, founded, known, key = row
            yield DescribedRecord(
                record,
                dataset,
                kind,
                list(dict.fromkeys(names)),
                acronyms,
                territory.removeprefix(COMMUNE_PREFIX)
                if territory.startswith(COMMUNE_PREFIX)
                else "",
                territory.removeprefix(COUNTRY_PREFIX).upper()
                if territory.startswith(COUNTRY_PREFIX)
                else "",
                site,
                founded,
                [*_parse_key(key), *((scheme, value) for scheme, value in known)],
            )


def _parse_key(key: str) -> Sequence[tuple[str, str]]:
    scheme, _, value = key.partition("-")
    return [(scheme, value)] if scheme in KEY_SCHEMES else []
