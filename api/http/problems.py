"""Problem types of the web server (RFC 9457): the table from exception to answer.

A query that would be right but costs too much is not a bad request: out of time is 504 (this
server is a gateway to the process that ran it), too large an answer or too much memory is 422,
too many queries at once is 503. What is not allowed here whatever it costs (SERVICE, updates)
is 403.
"""

from collections.abc import Iterator
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.http.problem_type import RETRY_SOON, ProblemType
from api.http.redirects import MovedPermanently, MultipleChoices
from kg import errors
from kg.errors import EssKgError
from kg.kinds import Text


class NotAcceptable(EssKgError):
    """None of the representations a client accepts is available."""


class FormatNotImplemented(EssKgError):
    """A protocol has a format that this server does not write."""


class UnsupportedMediaType(EssKgError):
    """A request body is of a type that is not understood here."""


class AddressTooLong(EssKgError):
    """The address of a request is longer than what can be answered."""


class HeaderFieldsTooLarge(EssKgError):
    """The head of a request has more, or longer, fields than are read."""


class RequestTooLarge(EssKgError):
    """A request body is larger than allowed."""


class RequestTooSlow(EssKgError):
    """A request body did not arrive in the time it may take."""


class RangeNotSatisfiable(EssKgError):
    """The requested byte range lies outside of the file."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the file has {size:,} bytes; the requested range lies outside of it",
            f"le fichier compte {size} octets ; la plage demandée est en dehors",
        )
        self.size = size


class ResultChanged(EssKgError):
    """The answer differs from the one that a permalink was made for."""


class RateLimited(EssKgError):
    """A client has used up its share of the server; `wait` is in seconds."""

    def __init__(self, message: str, french: str, wait: int) -> None:
        super().__init__(message, french)
        self.wait = wait


BAD_REQUEST: Final = ProblemType(
    400,
    "bad-request",
    Text("Lien ou formulaire incorrect", "This link or form has an error"),
    Text(
        "Un paramètre est inconnu, répété ou a une valeur incorrecte. Le détail nomme le "
        "paramètre et les valeurs possibles ; /docs décrit tous les paramètres.",
        "A parameter is unknown, repeated or has an invalid value. The detail names the "
        "parameter and the values it takes; /docs describes all parameters.",
    ),
)

PROBLEMS: Final[dict[type[Exception], ProblemType]] = {
    errors.NotFound: ProblemType(
        404,
        "not-found",
        Text("Introuvable", "Not found"),
        Text(
            "Rien ne porte ce nom dans l'édition en service. La recherche peut aider à le trouver.",
            "Nothing has that name in the current release. The search may help to find it.",
        ),
    ),
    errors.Gone: ProblemType(
        410,
        "gone",
        Text("Retiré", "Withdrawn"),
        Text(
            "Cette fiche a existé et a été retirée ; son adresse ne sera pas réutilisée.",
            "This record existed and was withdrawn; its address will not be used again.",
        ),
    ),
    errors.BadRequest: BAD_REQUEST,
    MovedPermanently: ProblemType(
        301,
        "moved",
        Text("Déplacé", "Moved"),
        Text(
            "Cette fiche a une autre adresse, donnée par l'en-tête Location.",
            "This record has another address, which the Location header gives.",
        ),
    ),
    MultipleChoices: ProblemType(
        300,
        "shared-out",
        Text("Plusieurs fiches", "Several records"),
        Text(
            "Plusieurs fiches remplacent celle de cette adresse ; l'en-tête Link donne leurs "
            "adresses.",
            "Several records replace the one at this address; the Link header gives their "
            "addresses.",
        ),
    ),
    ResultChanged: ProblemType(
        409,
        "result-changed",
        Text("La réponse citée a changé", "The cited answer has changed"),
        Text(
            "L'empreinte de la réponse n'est pas celle du lien : l'édition ou les valeurs "
            "diffèrent, ou le lien a été mal recopié. Sans `hash`, la réponse est donnée.",
            "The hash of the answer is not the one in the link: the release or the values "
            "differ, or the link was copied wrongly. Without `hash` the answer is given.",
        ),
    ),
    NotAcceptable: ProblemType(
        406,
        "not-acceptable",
        Text("Format indisponible", "Format not available"),
        Text(
            "Le format demandé n'est pas disponible ici. Le détail nomme les formats disponibles.",
            "The requested format is not available here. The detail names the available formats.",
        ),
    ),
    FormatNotImplemented: ProblemType(
        501,
        "format-not-implemented",
        Text("Format non pris en charge", "Format not implemented"),
        Text(
            "Le protocole prévoit ce format, mais ce serveur ne l'écrit pas. Le détail nomme "
            "les formats disponibles.",
            "The protocol has this format, but this server does not write it. The detail names "
            "the available formats.",
        ),
    ),
    UnsupportedMediaType: ProblemType(
        415,
        "unsupported-media-type",
        Text("Type de contenu non pris en charge", "Unsupported content type"),
        Text(
            "Une requête SPARQL s'envoie en application/sparql-query ou comme un formulaire ; un "
            "fichier à vérifier, par un formulaire ou avec son Content-Type (text/csv).",
            "A SPARQL query is sent as application/sparql-query or as a form; a file to check, "
            "with a form or with its Content-Type (text/csv).",
        ),
    ),
    AddressTooLong: ProblemType(
        414,
        "address-too-long",
        Text("Adresse trop longue", "Address too long"),
        Text(
            "L'adresse dépasse la longueur admise ; une requête SPARQL longue s'envoie par POST.",
            "The address exceeds the allowed length; a long SPARQL query is sent by POST.",
        ),
    ),
    HeaderFieldsTooLarge: ProblemType(
        431,
        "head-too-large",
        Text("En-têtes trop volumineux", "Request headers too large"),
        Text(
            "La requête a plus de 100 en-têtes, ou plus de 64 Ko d'en-têtes.",
            "The request has more than 100 headers, or more than 64 KB of headers.",
        ),
    ),
    RequestTooLarge: ProblemType(
        413,
        "request-too-large",
        Text("Envoi trop volumineux", "Request too large"),
        Text(
            "Le corps de la requête dépasse la taille admise, que le détail donne.",
            "The request body is larger than allowed; the detail gives the limit.",
        ),
    ),
    RequestTooSlow: ProblemType(
        408,
        "request-too-slow",
        Text("Envoi trop lent", "Request too slow"),
        Text(
            "Le corps de la requête n'est pas arrivé à temps. Réessayez avec une meilleure "
            "connexion.",
            "The request body did not arrive in time. Try again on a better connection.",
        ),
        {"Connection": "close"},
    ),
    RangeNotSatisfiable: ProblemType(
        416,
        "range-outside",
        Text("Plage hors du fichier", "Range outside of the file"),
        Text(
            "La plage demandée commence après la fin du fichier ; l'en-tête Content-Range donne "
            "la taille du fichier.",
            "The requested range begins after the end of the file; the Content-Range header "
            "gives the size of the file.",
        ),
    ),
    errors.QuerySyntaxError: ProblemType(
        400,
        "query-syntax",
        Text("Erreur de syntaxe SPARQL", "SPARQL syntax error"),
        Text(
            "La requête n'est pas conforme à SPARQL 1.1. Le détail donne la ligne et la colonne.",
            "The query is not valid SPARQL 1.1. The detail gives the line and the column.",
        ),
    ),
    errors.QueryRefused: ProblemType(
        403,
        "query-refused",
        Text("Requête refusée", "Query not allowed"),
        Text(
            "Ce point d'accès est en lecture seule : il n'accepte ni mise à jour ni SERVICE.",
            "This endpoint is read-only: it accepts neither updates nor SERVICE.",
        ),
    ),
    errors.QueryTimeout: ProblemType(
        504,
        "query-timeout",
        Text("Délai dépassé", "Query timeout"),
        Text(
            "La requête n'a pas fini à temps. Réduisez-la, ou téléchargez les exports complets "
            "(/dumps) et exécutez la requête sur votre machine.",
            "The query did not end in time. Ask for less, or download the dumps (/dumps) and run "
            "the query locally.",
        ),
    ),
    errors.QueryTooLarge: ProblemType(
        422,
        "query-too-large",
        Text("Requête trop coûteuse", "Query too large"),
        Text(
            "La réponse, ou la mémoire qu'elle demande, dépasse la limite. Ajoutez LIMIT, ou "
            "téléchargez les exports complets (/dumps).",
            "The answer, or the memory it takes, exceeds the limit. Add LIMIT, or download the "
            "dumps (/dumps).",
        ),
    ),
    errors.QueryOverload: ProblemType(
        503,
        "query-overload",
        Text("Trop de requêtes", "Too many queries"),
        Text(
            "Trop de requêtes sont en attente. Réessayez après le délai de l'en-tête Retry-After.",
            "Too many queries are waiting. Try again after the delay in the Retry-After header.",
        ),
        RETRY_SOON,
    ),
    errors.EngineUnavailable: ProblemType(
        503,
        "engine-unavailable",
        Text("Moteur indisponible", "Query engine unavailable"),
        Text(
            "Le moteur de requêtes est arrêté, ou charge une autre édition. Réessayez après le "
            "délai de l'en-tête Retry-After ; les fiches, les listes et les exports (/dumps) "
            "restent disponibles.",
            "The query engine is down, or is loading another release. Try again after the delay "
            "in the Retry-After header; lists, searches and the dumps (/dumps) remain available.",
        ),
        {"Retry-After": "10"},
    ),
    RateLimited: ProblemType(
        429,
        "budget-spent",
        Text("Trop de requêtes de votre part", "Too many queries from you"),
        Text(
            "Vos requêtes occupent déjà la part du serveur réservée à un visiteur. Réessayez après "
            "le délai de l'en-tête Retry-After, ou téléchargez les exports complets (/dumps) et "
            "exécutez la requête sur votre machine.",
            "Your queries already use the share of the server of one visitor. Try again after "
            "the delay in the Retry-After header, or download the dumps (/dumps) and run the "
            "query locally.",
        ),
    ),
    errors.QueryError: ProblemType(
        500,
        "query-failed",
        Text("Échec de la requête", "Query failed"),
        Text(
            "Le moteur s'est arrêté sans répondre ; la requête n'est peut-être pas en cause.",
            "The engine stopped without an answer; the query may not be the cause.",
        ),
    ),
    errors.SourceError: ProblemType(
        400,
        "unreadable-file",
        Text("Fichier illisible", "Unreadable file"),
        Text(
            "Le fichier est abîmé, ou d'un autre format que son extension. Le détail donne la "
            "cause ; l'enregistrer à nouveau, en CSV ou en XLSX pour un tableau, suffit souvent.",
            "The file is damaged, or its format does not match its extension. The detail gives "
            "the cause; saving it again, as CSV or XLSX for a table, often helps.",
        ),
    ),
    errors.JobTimeout: ProblemType(
        504,
        "check-timeout",
        Text("Vérification trop longue", "Check timeout"),
        Text(
            "La vérification n'a pas fini à temps. Envoyez moins de lignes à la fois, ou vérifiez "
            "le fichier sur votre machine : ess-kg check.",
            "The check did not end in time. Send fewer rows at a time, or check the file "
            "locally: ess-kg check.",
        ),
    ),
    errors.JobTooLarge: ProblemType(
        422,
        "check-too-large",
        Text("Vérification trop coûteuse", "Check too large"),
        Text(
            "La vérification demande plus de mémoire ou de disque que la limite. Envoyez moins de "
            "lignes ou de colonnes à la fois, ou vérifiez le fichier sur votre machine : ess-kg "
            "check.",
            "The check takes more memory or disk than the limit. Send fewer rows or columns at a "
            "time, or check the file locally: ess-kg check.",
        ),
    ),
    errors.JobOverload: ProblemType(
        503,
        "check-overload",
        Text("Trop de vérifications", "Too many checks"),
        Text(
            "D'autres fichiers sont en cours de vérification. Réessayez après le délai de "
            "l'en-tête Retry-After.",
            "Other files are being checked. Try again after the delay in the Retry-After header.",
        ),
        {"Retry-After": "30"},
    ),
    errors.JobError: ProblemType(
        500,
        "check-failed",
        Text("Échec de la vérification", "Check failed"),
        Text(
            "La vérification s'est arrêtée sans rapport. C'est une erreur du serveur ; elle a été "
            "enregistrée.",
            "The check stopped without a report. This is a server error; it was logged.",
        ),
    ),
    errors.DiskFull: ProblemType(
        503,
        "no-room",
        Text("Disque plein", "Disk full"),
        Text(
            "Le disque du serveur est plein ou en lecture seule. Réessayez plus tard ; les pages, "
            "les listes et les requêtes restent disponibles.",
            "The disk of the server is full or read-only. Try again later; pages, lists and "
            "queries remain available.",
        ),
        {"Retry-After": "60"},
    ),
    errors.ExtractPending: ProblemType(
        503,
        "extract-pending",
        Text("Fichier en préparation", "File in preparation"),
        Text(
            "Le fichier est en cours d'écriture. Réessayez après le délai de Retry-After.",
            "The file is being written. Try again after the delay in the Retry-After header.",
        ),
        {"Retry-After": "10"},
    ),
    errors.ExtractTooLarge: ProblemType(
        422,
        "extract-too-large",
        Text("Extrait trop coûteux", "Extract too large"),
        Text(
            "L'extrait demande trop de temps ou de disque. Produisez-le sur votre machine : "
            "ess-kg dump.",
            "The extract takes too much time or disk. Write it locally: ess-kg dump.",
        ),
    ),
    errors.ExtractError: ProblemType(
        500,
        "extract-failed",
        Text("Échec de l'extrait", "Extract failed"),
        Text(
            "C'est une erreur du serveur ; elle a été enregistrée.",
            "This is a server error; it was logged.",
        ),
    ),
    errors.ReleaseError: ProblemType(
        503,
        "no-release",
        Text("Aucune édition", "No release"),
        Text(
            "Aucune édition du graphe n'est encore en service.",
            "No release of the graph is in service yet.",
        ),
        RETRY_SOON,
    ),
    RequestValidationError: BAD_REQUEST,
}
METHOD_NOT_ALLOWED: Final = ProblemType(
    405,
    "method-not-allowed",
    Text("Méthode non autorisée", "Method not allowed"),
    Text(
        "Cette adresse n'accepte pas cette méthode. L'en-tête Allow nomme les méthodes possibles.",
        "This address does not accept this method. The Allow header lists the methods it accepts.",
    ),
)
PROBLEMS_BY_STATUS: Final = {404: PROBLEMS[errors.NotFound], 405: METHOD_NOT_ALLOWED}
UNEXPECTED: Final = ProblemType(
    500,
    "unexpected",
    Text("Erreur du serveur", "Server error"),
    Text(
        "C'est une erreur du serveur ; elle a été enregistrée.",
        "This is a server error; it was logged.",
    ),
    {"Connection": "close"},  # uvicorn closes the connection after an unhandled error
)


def list_problem_types() -> Iterator[ProblemType]:
    """Each problem once."""
    yield from {p.slug: p for p in (*PROBLEMS.values(), METHOD_NOT_ALLOWED, UNEXPECTED)}.values()


def find_problem_type(error: Exception) -> ProblemType:
    """The line of the table for an error: its own class, or the nearest one above it."""
    if isinstance(error, HTTPException):
        title = Text(error.detail, error.detail)
        return PROBLEMS_BY_STATUS.get(
            error.status_code, ProblemType(error.status_code, "http", title, title)
        )
    classes = type(error).__mro__
    return next((PROBLEMS[c] for c in classes if c in PROBLEMS), UNEXPECTED)
