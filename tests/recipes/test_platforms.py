"""What the recipes of calendars, feeds, portals and platforms make of small files."""

from tests.recipes.conftest import RecipeGraph


def find_point(graph: RecipeGraph, source: str, key: str) -> tuple[float, ...]:
    """Latitude and longitude of a record."""
    about = graph.describe(source, key)
    return tuple(
        float(value) for name in ("latitude", "longitude") for value in about[f"schema:{name}"]
    )


def test_icalendar(recipe_graph: RecipeGraph) -> None:
    source, series = "icalendar", "event/ical-seance-agenda-example"
    assert recipe_graph.list_keys(source, "event") == [
        "ical-fete",
        "ical-flottant",
        "ical-seance-agenda-example",
        "ical-seance-agenda-example-20260326t190000",
        "ical-seance-agenda-example-20260402t190000",
        "ical-seance-agenda-example-20260409t190000",
    ]
    about = recipe_graph.describe(source, series)
    assert about["schema:startDate"] == ["2026-03-26T19:00:00+01:00"]
    assert about["dct:description"] == ["Renseignements : […], […]."]
    assert about["schema:location"] == ["place/ical-la-grange-lille"]
    assert find_point(recipe_graph, source, "place/ical-la-grange-lille") == (50.63, 3.06)
    moved = recipe_graph.describe(source, f"{series}-20260402t190000")
    assert moved["skos:prefLabel"] == ["Atelier de réparation (reporté)"]
    assert moved["schema:startDate"] == ["2026-04-03T20:00:00+02:00"]
    assert moved["schema:superEvent"] == [series]
    party = recipe_graph.describe(source, "event/ical-fete")
    assert (party["schema:startDate"], party["schema:endDate"]) == (["2026-07-01"], ["2026-07-03"])
    floating = recipe_graph.describe(source, "event/ical-flottant")
    assert floating["schema:startDate"] == ["2026-09-10"]
    assert floating["ess:dateText"] == ["2026-09-10 09:00"]
    assert not recipe_graph.list_keys(source, "person")


def test_feed(recipe_graph: RecipeGraph) -> None:
    article = recipe_graph.describe("feed", "publication/feed-grange-12")
    assert article["skos:prefLabel"] == ["Un four & des voisins"]
    assert article["dct:issued"] == ["2026-11-05"]
    assert article["ess:publishedIn"] == ["publication/feed-https-grange-example"]
    assert article["dct:description"] == ["Le four est prêt. Écrire à […]"]
    event = recipe_graph.describe("feed", "event/feed-https-grange-example-fournee")
    assert event["schema:startDate"] == ["2026-11-14T10:00:00+01:00"]
    assert not recipe_graph.list_keys("feed", "person")
