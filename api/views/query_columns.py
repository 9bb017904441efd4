"""Columns of named queries in words: the variables of their answers in French and English."""

from collections.abc import Mapping
from typing import Final

from kg.kinds import KIND_BY_NAME, Text

COLUMNS: Final[Mapping[str, Text]] = {
    **{name: kind.label for name, kind in KIND_BY_NAME.items()},
    "activity": Text("Activité", "Activity"),
    "class": Text("Sorte", "Kind"),
    "code": Text("Code", "Code"),
    "commune": Text("Commune", "Commune"),
    "communeName": Text("Nom de la commune", "Name of the commune"),
    "concept": Text("Thème", "Topic"),
    "contradiction": Text("Contradiction", "Contradiction"),
    "day": Text("Jour", "Day"),
    "definition": Text("Définition", "Definition"),
    "departement": Text("Département", "Département"),
    "documents": Text("Documents", "Documents"),
    "end": Text("Fin", "End"),
    "form": Text("Catégorie juridique", "Legal form"),
    "graph": Text("Source", "Source"),
    "inhabitants": Text("Habitants par lieu", "Inhabitants per place"),
    "issued": Text("Paru", "Issued"),
    "link": Text("Correspondance", "Correspondence"),
    "name": Text("Nom", "Name"),
    "of": Text("Porte sur", "About"),
    "organisationName": Text("Nom de l’organisation", "Name of the organisation"),
    "other": Text("Autre fiche", "Other record"),
    "part": Text("Partie", "Part"),
    "partOf": Text("Fait partie de", "Part of"),
    "participant": Text("Participant", "Participant"),
    "passage": Text("Passage", "Passage"),
    "places": Text("Lieux", "Places"),
    "population": Text("Habitants", "Inhabitants"),
    "post": Text("Poste", "Post"),
    "researchOrganisations": Text("Organismes de recherche", "Research organisations"),
    "role": Text("Rôle", "Role"),
    "since": Text("Depuis", "Since"),
    "sort": Text("Sorte", "Kind"),
    "source": Text("Source", "Source"),
    "start": Text("Début", "Beginning"),
    "subclass": Text("Sous-classe", "Subclass"),
    "thing": Text("Fiche", "Record"),
    "thirdPlaces": Text("Tiers-lieux", "Third places"),
    "title": Text("Titre", "Title"),
    "today": Text("Aujourd’hui", "Today"),
    "triples": Text("Énoncés", "Statements"),
    "until": Text("Jusqu’à", "Until"),
    "where": Text("Où", "Where"),
    "written": Text("Écrit", "Written"),
}
CODE_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "activity": ("nafr2",),
    "form": ("cj",),
    "role": ("membership-role", "participation-role", "authorship-role", "project-role"),
    "sort": ("organisation-kind", "place-kind", "anomaly-kind"),
}
"""Columns whose values are codes, and the code lists that may have them."""
