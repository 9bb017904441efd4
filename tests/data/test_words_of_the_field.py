"""The words of the field in the project's own data: found, or not, and never taken for villages."""

import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release

FIELD = """
accompagnement accueil action alimentation aménagement animation apprentissage artisanat asile
association atelier banque bénévolat bibliothèque biodiversité budget cantine citoyenneté climat
collectif commerce communauté compostage concertation consommation coopération covoiturage création
culture déchets démocratie design économie édition éducation égalité emploi énergie enfance
enquête enseignement environnement épargne épicerie étudiants famille ferme finance forêt formation
fondation gouvernance habitat handicap hébergement hôpital insertion jardin jeunesse justice
laboratoire
lecture logement loisirs maraîchage médiation mobilité monnaie mutuelle musique numérique parité
patrimoine pauvreté pêche politique quartier recherche recyclage réparation ressourcerie santé sport
théâtre tourisme transition travail vélo vieillesse
"""


@pytest.fixture(scope="module")
def real(national: InstallationPaths) -> Catalogue:
    return Catalogue(find_current_release(national.data / "releases").catalogue)


@pytest.mark.parametrize("word", FIELD.split())
def test_common_words_are_replaced_by_nothing(real: Catalogue, word: str) -> None:
    answer = real.search(word)
    assert answer.words == (word,)
    if answer.suggestion:
        kinds = {item.kind for item in real.search(answer.suggestion, (), 500).items}
        assert kinds != {"territory"} or real.search_concepts(answer.suggestion), answer.suggestion


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("St Etienne", "commune-42218"),
        ("Ste Maure", "commune-10352"),
        ("St-Malo", "commune-35288"),
        ("Stes Maries de la Mer", "commune-13096"),
        ("VILLENEUVE D ASCQ", "commune-59009"),
        ("L HAY LES ROSES", "commune-94038"),
        ("œuilly", "commune-51410"),
        ("OEUILLY", "commune-51410"),
    ],
)
def test_what_registers_write_is_found_at_every_door(real: Catalogue, text: str, key: str) -> None:
    found = real.search(text, ("territory",)).items
    assert key in [item.key for item in found[:3]]  # an arrondissement may have the name too
    listed = real.read_page("territory", Filters(text=text))
    assert key in [item.key for item in listed.items]
    assert listed.total == real.search(text, ("territory",)).totals["territory"]
    assert key in [iri.rpartition("/")[2] for iri, _ in real.score_matches(text)]


def test_initials_with_stops_are_the_topic(real: Catalogue) -> None:
    assert real.search("E.S.S.").items[0].key == "ess"
    assert real.read_page("topic", Filters(text="E.S.S.")).items[0].key == "ess"


@pytest.mark.parametrize(("typed", "meant"), [("Roubiax", "roubaix"), ("toulousse", "toulouse")])
def test_names_of_places_are_offered_for_what_is_nearly_spelt_alike(
    real: Catalogue, typed: str, meant: str
) -> None:
    assert real.search(typed).suggestion == meant
