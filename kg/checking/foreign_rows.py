"""Rows of other countries, for which rules about French codes and places do not hold."""

from collections.abc import Sequence
from typing import Final

import duckdb

from kg import sql
from kg.checking.headings import fold
from kg.sources import Opened
from kg.validation.findings import Finding, pointer

COUNTRY: Final = (
    *("country", "countryid", "countrycode", "countryname", "pays", "codepays", "nompays"),
    *("paysiso", "countryiso", "addresscountry", "locationcountry", "locationcountrycode"),
)
"""Headings of a country, folded."""
FRANCE: Final = (
    *("fr", "fra", "france", "re", "reu", "réunion", "la réunion", "mq", "mtq", "martinique"),
    *("gp", "glp", "guadeloupe", "gf", "guf", "guyane", "yt", "myt", "mayotte", "pm", "bl", "mf"),
    *("nc", "nouvelle-calédonie", "pf", "polynésie française", "wf", "wallis-et-futuna", "99100"),
)
"""France as files write it, in lower case, with what has its postal codes."""
OF_FRANCE: Final = ("Address-post-code", "Coordinates-swapped")
"""Rules that only speak of France."""


def without_french_rules(
    db: duckdb.DuckDBPyConnection, findings: Sequence[Finding], opened: Opened
) -> list[Finding]:
    """The findings without those of rules of France on rows that say they are elsewhere."""
    headings = [name for name in opened.columns if fold(name) in COUNTRY]
    french = [f for f in findings if f.file == opened.file and f.shape.endswith(OF_FRANCE)]
    if not headings or not french:
        return list(findings)
    cell = f"json_extract_string(o.cells, {sql.text(pointer(headings[0]))})"
    known = ", ".join(map(sql.text, FRANCE))
    rows = db.execute(
        "SELECT r.record FROM records AS r JOIN originals AS o USING (record) "
        f"WHERE r.file = {sql.text(opened.file)} AND trim({cell}) <> '' "
        f"AND lower(trim({cell})) NOT IN ({known})"
    ).fetchall()
    elsewhere = {record for (record,) in rows}
    told = {id(finding) for finding in french if finding.record in elsewhere}
    return [finding for finding in findings if id(finding) not in told]
