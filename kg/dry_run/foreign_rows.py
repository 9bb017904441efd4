"""Rows of other countries, exempt from rules about French codes and places."""

from collections.abc import Sequence
from typing import Final

import duckdb

from kg import sql
from kg.dry_run.column_matching import fold_heading
from kg.sources import OpenedTable
from kg.validation.findings import Finding, format_json_pointer
from kg.work_tables import ORIGINALS, RECORDS

COUNTRY_HEADINGS: Final = (
    *("country", "countryid", "countrycode", "countryname", "pays", "codepays", "nompays"),
    *("paysiso", "countryiso", "addresscountry", "locationcountry", "locationcountrycode"),
)
"""Headings of a country, folded."""
FRENCH_COUNTRY_NAMES: Final = (
    *("fr", "fra", "france", "re", "reu", "réunion", "la réunion", "mq", "mtq", "martinique"),
    *("gp", "glp", "guadeloupe", "gf", "guf", "guyane", "yt", "myt", "mayotte", "pm", "bl", "mf"),
    *("nc", "nouvelle-calédonie", "pf", "polynésie française", "wf", "wallis-et-futuna", "99100"),
)
"""Names of France and of territories with French postal codes, in lower case."""
FRENCH_RULES: Final = ("Address-post-code", "Coordinates-swapped")
"""Shapes that are valid for France only."""


def remove_french_findings(
    db: duckdb.DuckDBPyConnection, findings: Sequence[Finding], opened: OpenedTable
) -> list[Finding]:
    """The findings without those of French shapes on rows of other countries."""
    headings = [name for name in opened.columns if fold_heading(name) in COUNTRY_HEADINGS]
    french = [f for f in findings if f.file == opened.file and f.shape.endswith(FRENCH_RULES)]
    if not headings or not french:
        return list(findings)
    cell = f"json_extract_string(o.cells, {sql.literal(format_json_pointer(headings[0]))})"
    names = ", ".join(map(sql.literal, FRENCH_COUNTRY_NAMES))
    rows = db.execute(
        f"SELECT r.record FROM {RECORDS} AS r JOIN {ORIGINALS} AS o USING (record) "
        f"WHERE r.file = {sql.literal(opened.file)} AND trim({cell}) <> '' "
        f"AND lower(trim({cell})) NOT IN ({names})"
    ).fetchall()
    elsewhere = {record for (record,) in rows}
    exempt = {id(finding) for finding in french if finding.record in elsewhere}
    return [finding for finding in findings if id(finding) not in exempt]
