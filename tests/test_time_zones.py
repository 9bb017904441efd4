"""Time zones of territories, where unique."""

import pytest

from kg.time_zones import find_zone


@pytest.mark.parametrize(
    ("territories", "zone"),
    [
        (["commune-59350", "departement-59", "region-32", "country-FR"], "Europe/Paris"),
        (["commune-2A004"], "Europe/Paris"),
        (["commune-97411", "departement-974", "region-04", "country-FR"], "Indian/Reunion"),
        (["collectivite-988", "country-FR"], "Pacific/Noumea"),
        (["commune-98735", "collectivite-987"], "Pacific/Tahiti"),
        (["commune-98731", "collectivite-987"], "Pacific/Marquesas"),
        (["epci-200067072", "departement-59"], "Europe/Paris"),
        (["country-BE"], "Europe/Brussels"),
        (["country-FR"], None),  # European and overseas France
        (["country-US"], None),  # several zones
        (["commune-59350", "commune-97411"], None),  # two places
        (["collectivite-984"], None),
        (["epci-200067072"], None),
        ([], None),
    ],
)
def test_zones_of_territories(territories: list[str], zone: str | None) -> None:
    assert find_zone(territories) == zone
