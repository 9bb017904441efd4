"""Splink model of records: how much each agreement and each difference tells.

The probabilities were set on pairs that are known (`benchmarks/resolve.py --half tuning`); how much
a name or a commune tells is weighed by how many records have it. The same settings run on DuckDB
and on Spark.
"""

from typing import Any, Final

import splink.comparison_level_library as levels
from splink import SettingsCreator, block_on
from splink.comparison_library import CustomComparison

ALIKE: Final = 0.94
NEARLY_ALIKE: Final = 0.88
"""Similarities of Jaro and Winkler."""
RANDOM_MATCH: Final = 1e-6
"""The probability that two records at random are of one thing."""


def describe_levels() -> dict[str, dict[int, str]]:
    """What is compared, each with its levels by the number that Splink gives them."""
    settings = build_settings("dedupe_only").create_settings_dict("duckdb")
    described = {}
    for comparison in settings["comparisons"]:
        told = [
            level["label_for_charts"]
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        ]
        described[comparison["output_column_name"]] = dict(enumerate(reversed(told)))
    return described


def _level(
    creator: Any, same: float, other: float, label: str, frequencies: str | None = None
) -> Any:
    """A level with its probabilities among pairs of one thing and among others."""
    options = {"tf_adjustment_column": frequencies} if frequencies else {}
    return creator.configure(
        m_probability=same, u_probability=other, label_for_charts=label, **options
    )


def _otherwise(same: float, other: float, label: str = "differs") -> Any:
    return _level(levels.ElseLevel(), same, other, label)


def build_settings(link_type: str) -> SettingsCreator:
    """The settings of a linkage: `link_only` between two sets, or `dedupe_only` within one."""
    name = CustomComparison(
        [
            levels.NullLevel("core"),
            _level(levels.ExactMatchLevel("core"), 0.93, 2e-6, "same words", "core"),
            _level(levels.ExactMatchLevel("joined"), 0.006, 1e-7, "same letters"),
            _level(levels.ArrayIntersectLevel("names"), 0.015, 2e-7, "another name is the same"),
            _level(levels.JaroWinklerLevel("joined", ALIKE), 0.025, 3e-6, "spelt alike"),
            _level(
                levels.And(
                    levels.ArraySubsetLevel("words"), levels.ArrayIntersectLevel("words", 2)
                ),
                0.01,
                9e-6,
                "words of one in the other",
            ),
            _level(levels.ArrayIntersectLevel("initials"), 0.006, 9e-6, "initials"),
            _level(
                levels.JaroWinklerLevel("joined", NEARLY_ALIKE), 0.004, 2.5e-5, "spelt nearly alike"
            ),
            _otherwise(0.004, 1.0),
        ],
        "name",
    )
    place = CustomComparison(
        [
            levels.NullLevel("commune"),
            _level(levels.ExactMatchLevel("commune"), 0.92, 0.003, "same commune", "commune"),
            _level(levels.ExactMatchLevel("department"), 0.05, 0.02, "same département"),
            _otherwise(0.03, 0.977),
        ],
        "place",
    )
    country = CustomComparison(
        [
            levels.NullLevel("country"),
            _level(levels.ExactMatchLevel("country"), 0.995, 0.9, "same country"),
            _otherwise(0.005, 0.1),
        ],
        "country",
    )
    figures = CustomComparison(
        [
            _level(
                levels.CustomLevel(
                    "coalesce(numbers_l, '') = coalesce(numbers_r, '')", base_dialect_str="duckdb"
                ),
                0.97,
                0.9,
                "same figures",
            ),
            _otherwise(0.03, 0.1),
        ],
        "figures",
    )
    form = CustomComparison(
        [
            levels.NullLevel("form"),
            _level(levels.ExactMatchLevel("form"), 0.9, 0.4, "same legal form"),
            _otherwise(0.1, 0.6),
        ],
        "form",
    )
    site = CustomComparison(
        [
            levels.NullLevel("site"),
            _level(levels.ExactMatchLevel("site"), 0.7, 1e-5, "same site", "site"),
            _otherwise(0.3, 1.0),
        ],
        "site",
    )
    year = CustomComparison(
        [
            levels.NullLevel("year"),
            # companies of one group often have names that are alike and were founded on one day:
            # a day tells less than its frequency would
            _level(levels.ExactMatchLevel("day"), 0.6, 2e-4, "same day"),
            _level(
                levels.CustomLevel("year_l = year_r AND day_l <> day_r", base_dialect_str="duckdb"),
                0.1,
                0.03,
                "another day of the year",
            ),
            _level(levels.ExactMatchLevel("year"), 0.8, 0.03, "same year"),
            _level(
                levels.CustomLevel("abs(year_l - year_r) <= 1", base_dialect_str="duckdb"),
                0.1,
                0.06,
                "a year apart",
            ),
            _otherwise(0.1, 0.91),
        ],
        "year",
    )
    identifiers = CustomComparison(
        [
            _level(levels.ArrayIntersectLevel("ids"), 0.5, 1e-6, "an identifier is the same"),
            _level(levels.ArrayIntersectLevel("schemes"), 0.002, 0.3, "identifiers differ"),
            _otherwise(0.498, 0.7, "none in common"),
        ],
        "identifiers",
    )
    return SettingsCreator(
        link_type=link_type,
        comparisons=[name, place, country, figures, form, site, year, identifiers],
        blocking_rules_to_generate_predictions=[block_on("blocks", arrays_to_explode=["blocks"])],
        probability_two_random_records_match=RANDOM_MATCH,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
    )
