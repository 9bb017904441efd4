"""Legal form macros: SQL macros from a legal category of INSEE to the kind and ESS form it implies.

Registers that give the category give neither of the two. A category that implies none gives NULL:
a SCIC, for example, is a company to INSEE.
https://www.insee.fr/fr/information/2028129
"""

from typing import Final

import duckdb

from kg import sql

ESS_FORM_BY_CATEGORY: Final = {
    "scop": ("5458", "5558", "5658"),
    "consumer-cooperative": ("5451", "5551", "5651", "6551"),
    "cuma": ("6316",),
    "agricultural-cooperative": ("6317", "6318"),
    "cooperative": (
        *("5191", "5192", "5193", "5194", "5196", "5203", "5307", "5309", "5443", "5453", "5454"),
        *("5455", "5459", "5460", "5543", "5547", "5552", "5553", "5554", "5555", "5559", "5560"),
        *("5643", "5647", "5652", "5653", "5654", "5655", "5659", "5660", "6543", "6554", "6558"),
        *("6560", "6595", "6596"),
    ),
    "association": ("5195", "9210", "9220", "9221", "9222", "9223", "9230", "9260"),
    "foundation": ("9300",),
    "mutual": ("6411", "8210", "8250", "8290"),
}
"""Legal categories by ESS form, as `ontology/schemes/ess-form.ttl` relates them."""
COOPERATIVE_FORMS: Final = (
    *("scop", "consumer-cooperative", "cuma", "agricultural-cooperative", "cooperative"),
)
KIND_BY_PATTERN: Final = (
    ("9(2|150).*", "association"),
    ("9300", "foundation"),
    ("84[12].*", "trade-union"),
    ("72.*|73(12|4|57).*", "local-authority"),
    ("7381", "consular-body"),
    ("7383", "higher-education-institution"),
    ("7.*|4[01].*", "public-body"),
    ("[56].*", "company"),
)
"""Kinds by patterns of legal categories, the first that matches; cooperatives come before."""


def _list_sql(categories: tuple[str, ...]) -> str:
    return f"({', '.join(map(sql.literal, categories))})"


def _build_ess_form_sql() -> str:
    cases = " ".join(
        f"WHEN clean_number(x) IN {_list_sql(categories)} THEN {sql.literal(form)}"
        for form, categories in ESS_FORM_BY_CATEGORY.items()
    )
    return f"CASE {cases} END"


def _build_kind_sql() -> str:
    cooperatives = tuple(
        category for form in COOPERATIVE_FORMS for category in ESS_FORM_BY_CATEGORY[form]
    )
    cases = " ".join(
        f"WHEN regexp_full_match(clean_number(x), {sql.literal(pattern)}) THEN {sql.literal(kind)}"
        for pattern, kind in KIND_BY_PATTERN
    )
    return f"CASE WHEN clean_number(x) IN {_list_sql(cooperatives)} THEN 'cooperative' {cases} END"


def define_legal_form_macros(db: duckdb.DuckDBPyConnection) -> None:
    """Define `legal_form_kind(category)` and `legal_form_ess_form(category)` in a connection."""
    db.execute(f"CREATE OR REPLACE TEMP MACRO legal_form_ess_form(x) AS {_build_ess_form_sql()}")
    db.execute(f"CREATE OR REPLACE TEMP MACRO legal_form_kind(x) AS {_build_kind_sql()}")
