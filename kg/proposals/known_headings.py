"""Known headings: what registers and directories call what our columns hold, folded.

Beside the titles of the columns in `ontology/tables`, for names that are theirs and not ours.
"""

from collections.abc import Mapping
from typing import Final

KNOWN_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "label_fr": (
        *("denomination", "denominationsociale", "raisonsociale", "nomducentre", "nomdulieu"),
        *("nomcommercial", "enseigne", "enseigne1etablissement", "libelle", "nomassociation"),
        *("nomorganisme", "nometablissement", "nomtierslieux", "nomtierslieu", "structure"),
        *("organisme", "organisation", "association", "entreprise", "cooperative", "companyname"),
        *("liblieu", "libterritoire", "nomfrancais", "titrefr", "summary", "displayname"),
        *("denominationusuelleetablissement", "nomducfa", "lieu", "tierslieu", "titreprojet"),
        *("fullname", "nomcomplet", "nomprenom", "prenomnom", "nometprenom", "prenometnom"),
    ),
    "acronym": ("sigle", "sigleunitelegale", "acronyme"),
    "legal_form": (
        *("categoriejuridiqueunitelegale", "codecategoriejuridique", "naturejuridique", "cj"),
        *("codenaturejuridique", "formejuridique"),
    ),
    "activity": (
        *("activiteprincipaleunitelegale", "activiteprincipaleetablissement", "codenaf", "codeape"),
        *("apet700", "naf732", "apen"),
    ),
    "founded_on": (
        *("datecreationunitelegale", "datecreationetablissement", "datecreation", "datecrea"),
        *(
            "anneecreation",
            "anneedecreation",
            "annee",
            "creation",
            "datedecreation",
            "dateouverture",
        ),
        *("dateimmatriculation", "dateimmatriculationrcs", "registrationdate", "foundingdate"),
    ),
    "dissolved_on": ("datefermeture", "datecessation", "datedissolution", "datedefermeture"),
    "address": (
        *(
            "adresse1",
            "adressecomplete",
            "adressepostale",
            "adressesiege",
            "rue",
            "voie",
            "numvoie",
        ),
        *("libellevoie", "adresselieu", "streetaddress", "lieuadresse", "adressestructure"),
        *("locationaddress", "geoadresse", "adr"),
    ),
    "post_code": (
        *("cp", "codepostal", "codpost", "codepostaletablissement", "cpsiege", "postalcode", "zip"),
        *("adrscodepostal", "lieucp", "codeposte"),
    ),
    "country": (
        *("country", "countryid", "countrycode", "countryname", "pays", "codepays", "nompays"),
        *("paysiso", "countryiso", "addresscountry", "locationcountry", "locationcountrycode"),
        *("libellepays", "libellepaysetranger", "libellepaysetrangeretablissement"),
    ),
    "latitude": ("lat", "latitude", "y", "ywgs84", "coordy", "geolat", "latwgs84", "latitudey"),
    "longitude": (
        *("lon", "lng", "long", "longitude", "x", "xwgs84", "coordx", "geolon", "geolng"),
        *("lonwgs84", "longitudex"),
    ),
    "homepage": (
        *("site", "siteweb", "siteinternet", "url", "web", "internet", "www", "lien", "lienweb"),
        *(
            "urlsite",
            "adressesiteweb",
            "pageweb",
            "website",
            "websiteurl",
            "lienexterne",
            "siteurl",
        ),
    ),
    "url": ("url", "lien", "link", "page", "canonicalurl", "permalink"),
    "description_fr": (
        *("description", "presentation", "objet", "resume", "objetsocial", "descriptif", "detail"),
        *(
            "shortdescription",
            "longdescription",
            "texte",
            "contenu",
            "content",
            "descriptioncourte",
        ),
    ),
    "topics": ("tags", "motscles", "thematiques", "themes", "keywords", "themes1", "domaines"),
    "kind": ("type", "nature", "categorie", "typologie", "typestructure", "typedestructure"),
    "start": (
        *("datedebut", "debut", "datestart", "startdate", "dtstart", "datededebut", "begin"),
        *("firstdatebegin", "dateouverture", "date", "dateevenement", "datedelevenement", "jour"),
    ),
    "end": ("datefin", "fin", "enddate", "dtend", "datedefin", "lastdateend", "datecloture"),
    "given_name": ("prenom", "firstname", "givenname", "prenomusuel"),
    "family_name": ("nomdefamille", "lastname", "familyname", "surname", "nompatronymique"),
    "issued": (
        *("datepublication", "publicationdate", "anneepublication", "datesoutenance", "year"),
        *("date", "dateparution"),
    ),
    "population": ("population", "pop", "populationmunicipale", "poptot", "pmun"),
}
FAMILY_NAME_HEADINGS: Final = (
    "nom",
    "name",
    "nomusuel",
    "nomdusage",
    *KNOWN_HEADINGS["family_name"],
)
"""Headings of family names beside a column of given names."""
COMMUNE_NAME_HEADINGS: Final = (
    *("commune", "ville", "city", "libellecommune", "libellecommuneetablissement", "localite"),
    *("nomcommune", "communesiege", "lieuville", "adresseville", "locationcity", "addresscity"),
    *("libcom", "libgeo", "villesiege", "town", "addresslocality"),
)
POST_CODE_HEADINGS: Final = (*KNOWN_HEADINGS["post_code"], "codepostal", "postcode")
PAIR_HEADINGS: Final = (
    *("geopoint2d", "geopoint", "coordonnees", "coordonneesgps", "gps", "geolocalisation"),
    *("geo", "geom", "point", "localisation", "latlong", "coordinates", "pointgeo", "geopoint2"),
    *("latlon", "latlng", "latitudelongitude", "coordonneesgeo", "position", "xy"),
)
LOCAL_KEY_HEADINGS: Final = (
    *(
        "id",
        "uid",
        "uuid",
        "identifiant",
        "code",
        "ref",
        "reference",
        "cle",
        "key",
        "slug",
        "idlieu",
    ),
    *("identifier", "numero", "no", "idunique", "idstructure", "dataid", "idterritoire", "guid"),
)
TABLE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "places": (
        *(
            "tierslieu",
            "tiers-lieu",
            "tierslieux",
            "tiers-lieux",
            "lieux",
            "lieu",
            "fablab",
            "place",
        ),
        *("fabrique", "manufacture", "franceservices", "espace", "venue", "salle", "equipement"),
        *("coworking", "maison", "ressourcerie", "makerspace"),
    ),
    "events": ("evenement", "event", "agenda", "manifestation", "rencontre", "calendrier"),
    "people": ("personne", "people", "person", "auteur", "chercheur", "author", "researcher"),
    "publications": ("publication", "article", "these", "thesis", "theses", "works", "biblio"),
    "projects": ("projet", "project"),
    "organisations": (
        *("association", "organisation", "organization", "structure", "entreprise", "cooperative"),
        *("scop", "scic", "societe", "membre", "partenaire", "acteur", "laboratoire", "company"),
        *("adherent", "partner", "coop", "institution", "etablissement", "unitelegale"),
    ),
}
"""Words in the name of a file, or in a heading of names, that say what its rows are."""
KIND_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "organisations": {
        "association": "association",
        "scop": "cooperative",
        "scic": "cooperative",
        "coop": "cooperative",
        "fondation": "foundation",
        "laboratoire": "laboratory",
        "universite": "university",
        "collectivite": "local-authority",
    },
    "places": {
        "tierslieu": "third-place",
        "tiers-lieu": "third-place",
        "tiers_lieu": "third-place",
        "fablab": "third-place",
        "fabrique": "third-place",
        "manufacture": "third-place",
        "coworking": "third-place",
    },
}
"""Words in the name of a file that say of which kind all its rows are."""
