r"""SQL macros that turn cells into N-Triples terms.

A cell that does not have the form of its datatype becomes a plain literal, so that the shapes
report it, rather than the mapping dropping it or guessing. https://www.w3.org/TR/n-triples/
"""

from collections.abc import Mapping

import duckdb

from kg.namespaces import EDTF_DATATYPE, PREFIXES
from kg.sources.country_codes import define_country_macro

XSD = PREFIXES["xsd"]
TIME = PREFIXES["time"]
ESS = PREFIXES["ess"]

_YEAR = r"-?\d{4}"
_MONTH = r"\d{4}-(0[1-9]|1[0-2])"
_DAY = r"\d{4}-\d{2}-\d{2}"
_MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?"
_TAGGED = r"^(.+)@([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)$"
_EDTF = r"[0-9X?~%/.:TZYS+-]*[0-9X][0-9X?~%/.:TZYS+-]*"


def _build_map_literal(pairs: Mapping[str, str]) -> str:
    return "MAP {" + ", ".join(f"'{key}': '{value}'" for key, value in pairs.items()) + "}"


MACROS = (
    # characters that RFC 3987 does not allow in an IRI
    r"""legal(x) AS regexp_full_match(x, '[^\x00-\x20<>"{}|\\^`]+')""",
    # null where the prefix is unknown
    f"""expanded(x) AS ({_build_map_literal(PREFIXES)})[split_part(x, ':', 1)]
        || substr(x, nullif(strpos(x, ':'), 0) + 1)""",
    r"""text(x) AS '"' || replace(replace(replace(replace(replace(x,
        '\', '\\'), '"', '\"'), chr(10), '\n'), chr(13), '\r'), chr(9), '\t') || '"'""",
    "typed(x, datatype) AS text(x) || '^^<' || datatype || '>'",
    "tagged(x, lang) AS text(x) || '@' || lang",
    # a value with the tag of its language: `Roazhon@br`
    f"""with_tag(x, otherwise) AS CASE WHEN regexp_matches(x, '{_TAGGED}')
        THEN tagged(trim(regexp_replace(x, '{_TAGGED}', '\\1')),
            lower(regexp_extract(x, '{_TAGGED}', 2)))
        ELSE tagged(x, otherwise) END""",
    "iri(x, cell) AS CASE WHEN legal(x) THEN '<' || x || '>' ELSE text(cell) END",
    f"""whole(x) AS CASE WHEN regexp_full_match(x, '[+-]?\\d+')
        THEN typed(x, '{XSD}integer') ELSE text(x) END""",
    f"""decimal_number(x) AS CASE WHEN regexp_full_match(x, '[+-]?\\d+(\\.\\d+)?')
        THEN typed(x, '{XSD}decimal') ELSE text(x) END""",
    f"""period(x) AS CASE WHEN regexp_full_match(x, 'P(\\d+Y)?(\\d+M)?(\\d+D)?(T\\d.*)?')
        AND length(x) > 2 THEN typed(x, '{XSD}duration') ELSE text(x) END""",
    r"""address(x) AS CASE WHEN regexp_full_match(x, '[A-Za-z][A-Za-z0-9+.-]*:.+') AND legal(x)
        THEN '<' || x || '>' ELSE text(x) END""",
    f"""temporal(x) AS CASE
        WHEN regexp_full_match(x, '{_YEAR}') THEN typed(x, '{XSD}gYear')
        WHEN regexp_full_match(x, '{_MONTH}') THEN typed(x, '{XSD}gYearMonth')
        WHEN regexp_full_match(x, '{_DAY}') THEN CASE WHEN try_cast(x AS DATE) IS NOT NULL
            THEN typed(x, '{XSD}date') ELSE text(x) END
        WHEN regexp_full_match(x, '{_MOMENT}') THEN
            CASE WHEN try_cast(substr(x, 1, 16) AS TIMESTAMP) IS NULL THEN text(x)
            WHEN regexp_full_match(x, '.{{10}}T.{{5}}(Z|[+-].*)?')
            THEN typed(substr(x, 1, 16) || ':00' || substr(x, 17), '{XSD}dateTime')
            ELSE typed(x, '{XSD}dateTime') END
        WHEN regexp_full_match(x, '{_EDTF}') THEN typed(x, '{EDTF_DATATYPE}')
        ELSE text(x) END""",
    f"""instant_property(x) AS CASE
        WHEN regexp_full_match(x, '{_YEAR}') THEN '{TIME}inXSDgYear'
        WHEN regexp_full_match(x, '{_MONTH}') THEN '{TIME}inXSDgYearMonth'
        WHEN regexp_full_match(x, '{_DAY}') THEN '{TIME}inXSDDate'
        WHEN regexp_full_match(x, '{_MOMENT}') THEN '{TIME}inXSDDateTimeStamp'
        ELSE '{ESS}edtf' END""",
)


def define_term_macros(db: duckdb.DuckDBPyConnection) -> None:
    """Define the macros in a connection."""
    for macro in MACROS:
        db.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    define_country_macro(db)
