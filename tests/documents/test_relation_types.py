"""The order of relations: by rank, then what lasts before what is over, the most recent first."""

import pytest

from kg.documents.relation_types import NO_RANK, RelationPlace

TODAY = "2026-05-01"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RelationPlace(1, "", "", "z"), RelationPlace(2, "2020", "", "a")),
        (RelationPlace(NO_RANK, "2001", "", "z"), RelationPlace(NO_RANK, "2020", "2025", "a")),
        (RelationPlace(NO_RANK, "2001", "2026", "z"), RelationPlace(NO_RANK, "", "2025~", "a")),
        (RelationPlace(NO_RANK, "2020-03", "", "z"), RelationPlace(NO_RANK, "2020-02", "", "a")),
        (RelationPlace(NO_RANK, "1990", "", "z"), RelationPlace(NO_RANK, "", "", "a")),
        (RelationPlace(NO_RANK, "1990", "2012", "z"), RelationPlace(NO_RANK, "2000", "2011", "a")),
        (RelationPlace(NO_RANK, "", "", "z"), RelationPlace(NO_RANK, "", "", "a", past=True)),
        (
            RelationPlace(NO_RANK, "2001", "2001", "z", past=True),
            RelationPlace(NO_RANK, "", "", "a", past=True),
        ),
        (
            RelationPlace(NO_RANK, "2030", "2030", "z", past=True),
            RelationPlace(NO_RANK, "2020", "2020", "a", past=True),
        ),
        (RelationPlace(NO_RANK, "", "", "Axe 9"), RelationPlace(NO_RANK, "", "", "Axe 10")),
        (RelationPlace(NO_RANK, "", "", "École"), RelationPlace(NO_RANK, "", "", "fac")),
    ],
)
def test_one_stands_before_the_other(before: RelationPlace, after: RelationPlace) -> None:
    assert before.build_sort_key(TODAY) < after.build_sort_key(TODAY)
