"""Message catalogue of the interface in French and English."""

from collections.abc import Mapping
from typing import Final

from kg.kinds import Text

TEXTS: Final[Mapping[str, Text]] = {
    "site": Text("ess-kg", "ess-kg"),
    "skip": Text("Aller au contenu", "Skip to content"),
    "tagline": Text(
        "Le graphe ouvert de l'économie sociale et solidaire et de l'innovation qui l'entoure",
        "The open graph of the social and solidarity economy and of the innovation around it",
    ),
    "search": Text("Rechercher", "Search"),
    "search_label": Text("Rechercher dans tout le graphe", "Search the whole graph"),
    "search_hint": Text(
        "Un nom, un sigle, un thème, un code", "A name, an acronym, a topic, a code"
    ),
    "menu": Text("Types de fiches", "Kinds of records"),
    "other_language": Text("English", "Français"),
    "about": Text(
        "Des organisations, des personnes, des lieux, des événements, des publications et des "
        "idées de l'économie sociale et solidaire, reliés entre eux. Chaque fait dit d'où il "
        "vient : le passage d'un document, ou la ligne d'un registre. Ce qui est inconnu, partiel "
        "ou contradictoire le reste.",
        "Organisations, people, places, events, publications and ideas of the social and "
        "solidarity economy, linked to each other. Every fact says where it comes from: a "
        "passage of a document, or a row of a register. What is unknown, partial or "
        "contradictory stays so.",
    ),
    "explore": Text("Explorer", "Explore"),
    "ways_in": Text("Par où entrer", "Ways in"),
    "way_lille": Text("Ce qui se passe à Lille", "What happens in Lille"),
    "way_events": Text("Les événements par date", "Events by date"),
    "way_calendar": Text("Le calendrier à abonner (iCalendar)", "The calendar feed (iCalendar)"),
    "way_definitions": Text("Les thèmes et leurs définitions", "Topics and their definitions"),
    "way_sparql": Text("Interroger en SPARQL", "Ask in SPARQL"),
    "way_dumps": Text("Télécharger le tout", "Download everything"),
    "way_api": Text("L'API décrite", "The API described"),
    "sources": Text("Sources", "Sources"),
    "source": Text("Source", "Source"),
    "source_kind": Text("Nature de la source", "Kind of source"),
    "source_document": Text("document", "document"),
    "source_register": Text("registre", "register"),
    "sources_hint": Text(
        "Ce que chacune a donné, et ce qu'on y a relevé d'étrange.",
        "What each of them gave, and what was found odd in it.",
    ),
    "disputes": Text("Ce sur quoi les sources diffèrent", "What the sources differ on"),
    "disputes_hint": Text(
        "Chaque source garde ce qu'elle dit ; une valeur est montrée en premier partout.",
        "Each source keeps what it says; one value is shown first everywhere.",
    ),
    "preferred": Text("retenue", "shown first"),
    "broken_together": Text(
        "Les sources se contredisent sur ce point,", "The sources contradict each other here,"
    ),
    "records": Text("fiches", "records"),
    "record": Text("fiche", "record"),
    "results": Text("résultats", "results"),
    "result": Text("résultat", "result"),
    "nothing": Text("Rien ne correspond à ces choix.", "Nothing matches these choices."),
    "filters": Text("Affiner", "Refine"),
    "apply": Text("Appliquer", "Apply"),
    "clear": Text("Tout enlever", "Clear all"),
    "remove": Text("Enlever", "Remove"),
    "in_use": Text("Choix en cours", "Current choices"),
    "words": Text("Mots", "Words"),
    "period": Text("Période", "Period"),
    "from": Text("Du", "From"),
    "to": Text("Au", "To"),
    "date_hint": Text("2010, 2010-11 ou 2010-11-04", "2010, 2010-11 or 2010-11-04"),
    "territory": Text("Territoire", "Territory"),
    "assertion": Text("Certitude", "Certainty"),
    "bbox": Text("Zone", "Box"),
    "more_values": Text("et d'autres, moins fréquents", "and others, less frequent"),
    "sort": Text("Trier par", "Sort by"),
    "sort_label": Text("nom", "name"),
    "sort_date": Text("date", "date"),
    "sort_-date": Text("date, récentes d'abord", "date, latest first"),
    "sort_-population": Text("population", "population"),
    "sort_relevance": Text("pertinence", "relevance"),
    "next": Text("Suite", "Next"),
    "first": Text("Début", "Start"),
    "pages": Text("Pages", "Pages"),
    "formats": Text("La même chose en", "The same in"),
    "counted": Text("Décomptes croisés", "Counts of two columns"),
    "suggestion": Text("Vouliez-vous dire", "Did you mean"),
    "codes": Text("Dans les listes de codes", "In the code lists"),
    "none_yet": Text("0 pour l'instant", "0 for now"),
    "partial": Text(
        "Aucune fiche n'a tous ces mots ; voici celles qui en ont certains.",
        "No record has all these words; here are those that have some of them.",
    ),
    "all_in_kind": Text("Tous dans", "All in"),
    "inferred": Text("déduit", "inferred"),
    "external": Text("source extérieure", "external"),
    "inferred_hint": Text(
        "Déduit de ce que dit la source, qui ne le dit pas en ces termes",
        "Deduced from what the source says, which does not say it in these terms",
    ),
    "external_hint": Text("Venu d'ailleurs que la source", "From elsewhere than the source"),
    "facts": Text("Faits", "Facts"),
    "pointing": Text("Ce qui y renvoie", "What refers to it"),
    "definitions": Text("Définitions", "Definitions"),
    "definitions_given": Text("Définitions données", "Definitions given"),
    "claims": Text("Énoncés et propositions", "Claims and proposals"),
    "anomalies": Text("À noter", "To be noted"),
    "mentions": Text("Mentions", "Mentions"),
    "where_read": Text("Lu où", "Where it was read"),
    "read_at": Text("car.", "char."),
    "row": Text("ligne", "row"),
    "address": Text("Adresse", "Address"),
    "former_codes": Text("Codes et noms d'autrefois", "Codes and names of the past"),
    "over_on": Text("fini le", "over on"),
    "identifiers": Text("Identifiants", "Identifiers"),
    "contacts": Text("Contacts", "Contacts"),
    "since": Text("depuis", "since"),
    "local_time": Text("heure locale", "local time"),
    "until": Text("jusqu'à", "until"),
    "cut": Text(
        "Plus de mille fiches renvoient à celle-ci : elles ne sont pas toutes montrées. Une "
        "requête SPARQL les donne toutes.",
        "More than a thousand records refer to this one: not all are shown. A SPARQL query gives "
        "them all.",
    ),
    "inside": Text("Ce qui s'y trouve", "What is inside"),
    "all": Text("tout voir", "see all"),
    "column": Text("Colonne", "Column"),
    "column_name": Text("Nom", "Name"),
    "column_meaning": Text("Ce qu'elle dit", "What it says"),
    "column_example": Text("Exemple", "Example"),
    "column_required": Text("* obligatoire", "* required"),
    "licence": Text("Licence", "Licence"),
    "retrieved": Text("Récupéré le", "Retrieved on"),
    "version": Text("Version du fichier", "Version of the file"),
    "counts": Text("Ce qui y a été lu", "What was read there"),
    "read": Text("lus", "read"),
    "accepted": Text("retenus", "accepted"),
    "refused": Text("refusés", "refused"),
    "unjudged": Text("non jugés", "not judged"),
    "release": Text("Édition", "Release"),
    "of_date": Text("du", "of"),
    "data_licence": Text("Données sous", "Data under"),
    "see_sources": Text("licence de chaque source", "the licence of each source"),
    "sparql": Text("SPARQL", "SPARQL"),
    "queries": Text("Requêtes nommées", "Named queries"),
    "queries_about": Text(
        "Des questions toutes prêtes, à paramétrer : chaque réponse a un lien permanent, une "
        "empreinte et de quoi la citer.",
        "Questions ready to be asked, with parameters: each answer has a permalink, a hash and its "
        "citation.",
    ),
    "reconcile": Text("Rapprocher un tableau", "Reconcile a spreadsheet"),
    "changes": Text("Ce qui a changé", "What changed"),
    "change": Text("Changement", "Change"),
    "created": Text("créée", "created"),
    "updated": Text("modifiée", "updated"),
    "deleted": Text("supprimée", "deleted"),
    "no_changes": Text("Rien n'a changé.", "Nothing changed."),
    "since_release": Text("Depuis l'édition", "Since release"),
    "optional": Text("facultatif", "optional"),
    "run": Text("Exécuter", "Run"),
    "query": Text("Requête", "Query"),
    "example": Text("un exemple", "an example"),
    "rows": Text("lignes", "rows"),
    "first_rows": Text("Les premières sont montrées", "The first are shown"),
    "cite": Text("Citer cette réponse", "Cite this answer"),
    "dumps": Text("Téléchargements", "Downloads"),
    "ontology": Text("Ontologie", "Ontology"),
    "api": Text("API", "API"),
    "catalogue": Text("Catalogue", "Catalogue"),
    "error_back": Text("Retour à l'accueil", "Back to the home page"),
    "type": Text("Nature", "Kind"),
    "iri": Text("Identifiant du graphe", "Graph identifier"),
    "unknown_year": Text("année non précisée", "year not stated"),
    "uncertain": Text("incertain", "uncertain"),
    "uncertain_date": Text("date incertaine", "uncertain date"),
    "according_to": Text("selon", "according to"),
    "contents": Text("Sommaire", "Contents"),
    "validate": Text("Vérifier un fichier", "Check a file"),
    "way_validate": Text(
        "Vérifier vos données avant de les partager", "Check your data before you share it"
    ),
    "reports": Text("Rapports de qualité", "Quality reports"),
    "report_of": Text(
        "Rapport : ce qui a été refusé ou signalé, et pourquoi",
        "Report: what was refused or pointed out, and why",
    ),
    "api_title": Text("L'API", "The API"),
    "api_about": Text(
        "Chaque adresse, ce qu'elle donne et ses paramètres (en anglais). La même chose pour les "
        "machines, au format OpenAPI :",
        "Each address, what it gives and its parameters. The same for machines, as OpenAPI:",
    ),
    "arrondissement": Text("arrondissement", "arrondissement"),
    "departement": Text("département", "département"),
    "inhabitants": Text("habitants", "inhabitants"),
    "embed_shown_list": Text(
        "Les {shown} premières fiches sur {total}.", "The first {shown} records of {total}."
    ),
    "embed_shown_calendar": Text(
        "{shown} fiches datées montrées sur {total}.", "{shown} dated records shown of {total}."
    ),
    "embed_shown_map": Text(
        "Fiches situées sur la carte : {shown} sur {total}.",
        "{shown} records placed on the map, of {total}.",
    ),
}

LANGUAGE_NAMES: Final[Mapping[str, Text]] = {
    "fr": Text("français", "French"),
    "en": Text("anglais", "English"),
    "es": Text("espagnol", "Spanish"),
    "de": Text("allemand", "German"),
    "it": Text("italien", "Italian"),
    "ca": Text("catalan", "Catalan"),
    "pt": Text("portugais", "Portuguese"),
    "nl": Text("néerlandais", "Dutch"),
}

MONTH_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
}  # fmt: skip
SEASON_NAMES: Final[Mapping[str, Text]] = {
    "21": Text("printemps", "spring"),
    "22": Text("été", "summer"),
    "23": Text("automne", "autumn"),
    "24": Text("hiver", "winter"),
}
