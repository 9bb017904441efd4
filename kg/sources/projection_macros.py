"""Projection macros: SQL macros from coordinates of Lambert-93 (EPSG:2154) to WGS 84 degrees.

The inverse of the conic projection with two standard parallels, as IGN describes it; the latitude
is found by iteration, to less than a millimetre. Other projections (those of overseas France) are
not known here.
https://geodesie.ign.fr/contenu/fichiers/documentation/algorithmes/notice/NTG_71.pdf
"""

from typing import Final

import duckdb

from kg import sql

ECCENTRICITY: Final = "0.08181919104281579"
EXPONENT: Final = "0.7256077650532670"
CONSTANT: Final = "11754255.426096"
ORIGIN_X: Final = "700000.0"
ORIGIN_Y: Final = "12655612.049876"
MERIDIAN: Final = "3.0"
ITERATIONS: Final = 6
BOUNDS: Final = "x BETWEEN 0 AND 1300000 AND y BETWEEN 6000000 AND 7200000"
"""Coordinates of metropolitan France; others are of another projection."""


def _build_latitude_sql() -> str:
    latitude = "2 * atan(exp(l)) - pi() / 2"
    for _ in range(ITERATIONS):
        latitude = (
            f"list_transform([{latitude}], lambda p: 2 * atan(pow((1 + {ECCENTRICITY} * sin(p)) "
            f"/ (1 - {ECCENTRICITY} * sin(p)), {ECCENTRICITY} / 2) * exp(l)) - pi() / 2)[1]"
        )
    return latitude


PAIR: Final = r"\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*"
MACROS: Final = (
    # the isometric latitude
    f"lambert93_isometric(x, y) AS -1 / {EXPONENT} * ln(sqrt(pow(x - {ORIGIN_X}, 2) "
    f"+ pow(y - {ORIGIN_Y}, 2)) / {CONSTANT})",
    f"lambert93_degrees_north(x, y) AS CASE WHEN {BOUNDS} THEN list_transform("
    f"[lambert93_isometric(x, y)], lambda l: degrees({_build_latitude_sql()}))[1] END",
    f"lambert93_degrees_east(x, y) AS CASE WHEN {BOUNDS} THEN {MERIDIAN} + degrees(atan("
    f"(x - {ORIGIN_X}) / ({ORIGIN_Y} - y)) / {EXPONENT}) END",
    "lambert93_latitude(x, y) AS CAST(round(lambert93_degrees_north("
    "TRY_CAST(x AS DOUBLE), TRY_CAST(y AS DOUBLE)), 6) AS VARCHAR)",
    "lambert93_longitude(x, y) AS CAST(round(lambert93_degrees_east("
    "TRY_CAST(x AS DOUBLE), TRY_CAST(y AS DOUBLE)), 6) AS VARCHAR)",
    *(
        f"clean_lambert_{name}(pair) AS list_transform([pair], lambda point: CASE "
        f"WHEN regexp_full_match(point, {sql.literal(PAIR)}) "
        f"THEN lambert93_{name}(regexp_extract(point, {sql.literal(PAIR)}, 1), "
        f"regexp_extract(point, {sql.literal(PAIR)}, 2)) ELSE point END)[1]"
        for name in ("latitude", "longitude")
    ),
)


def define_projection_macros(db: duckdb.DuckDBPyConnection) -> None:
    """Define `lambert93_latitude(x, y)` and `lambert93_longitude(x, y)` in a connection.

    `clean_lambert_latitude(pair)` and `clean_lambert_longitude(pair)` take both in one text.
    """
    for macro in MACROS:
        db.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
