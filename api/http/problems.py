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
    """No byte of the part asked for is in the file."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the file has {size:,} bytes, and none of those asked for",
            f"le fichier compte {size} octets, et aucun de ceux qui sont demandés",
        )
        self.size = size


class ResultChanged(EssKgError):
    """An answer is not the one that a permalink was made for."""


class RateLimited(EssKgError):
    """A client has asked for as much as one client may; `wait` is in seconds."""

    def __init__(self, message: str, french: str, wait: int) -> None:
        super().__init__(message, french)
        self.wait = wait


BAD_REQUEST: Final = ProblemType(
    400,
    "bad-request",
    Text("Demande incorrecte", "This request cannot be used"),
    Text(
        "Un paramètre est inconnu, répété ou a une valeur qui ne veut rien dire ici. Le détail "
        "nomme le paramètre et ce qui est attendu ; /docs les décrit tous.",
        "A parameter is unknown, repeated or has a value that means nothing here. The detail "
        "names the parameter and what is expected; /docs describes all of them.",
    ),
)

PROBLEMS: Final[dict[type[Exception], ProblemType]] = {
    errors.NotFound: ProblemType(
        404,
        "not-found",
        Text("Introuvable", "Not found"),
        Text(
            "Rien ne porte ce nom dans l'édition servie. La recherche aide à le retrouver.",
            "Nothing has that name in the release served. The search may help to find it.",
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
        Text("Partagé", "Shared out"),
        Text(
            "Ce que désignait cette adresse est aujourd'hui en plusieurs : elles sont données "
            "par l'en-tête Link.",
            "What this address named is several today, which the Link header gives.",
        ),
    ),
    ResultChanged: ProblemType(
        409,
        "result-changed",
        Text("Une autre réponse que celle qui est citée", "This is not the answer that was cited"),
        Text(
            "Le lien porte l'empreinte d'une réponse, et celle-ci en a une autre : une autre "
            "édition, d'autres valeurs, ou un lien mal recopié. Sans `hash`, la réponse est "
            "donnée.",
            "The link carries the hash of an answer, and this one has another: another release, "
            "other values, or a link copied badly. Without `hash` the answer is given.",
        ),
    ),
    NotAcceptable: ProblemType(
        406,
        "not-acceptable",
        Text("Format indisponible", "No such representation"),
        Text(
            "Ceci existe, mais pas dans le format demandé. Le détail nomme ceux qui existent.",
            "This exists, but not in the format asked for. The detail names those there are.",
        ),
    ),
    UnsupportedMediaType: ProblemType(
        415,
        "unsupported-media-type",
        Text("Type de contenu inconnu", "This type of content is not understood"),
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
        Text("Adresse trop longue", "This address is too long"),
        Text(
            "L'adresse de la demande est plus longue que ce qui peut être lu ou répondu ; une "
            "requête SPARQL longue s'envoie par POST.",
            "The address of the request is longer than what can be read or answered; a long "
            "SPARQL query is sent by POST.",
        ),
    ),
    HeaderFieldsTooLarge: ProblemType(
        431,
        "head-too-large",
        Text("En-tête trop volumineux", "The head of this request is too large"),
        Text(
            "L'en-tête de la demande a plus de 100 champs, ou plus de 64 Ko.",
            "The head of the request has more than 100 fields, or more than 64 KB.",
        ),
    ),
    RequestTooLarge: ProblemType(
        413,
        "request-too-large",
        Text("Demande trop volumineuse", "This request is too large"),
        Text(
            "Le corps de la demande dépasse la taille admise, que le détail donne.",
            "The body of the request is larger than allowed; the detail gives the limit.",
        ),
    ),
    RequestTooSlow: ProblemType(
        408,
        "request-too-slow",
        Text("Envoi trop lent", "The request arrives too slowly"),
        Text(
            "Le corps de la demande n'est pas arrivé à temps. Réessayer avec une meilleure "
            "connexion.",
            "The body of the request did not arrive in time. Try again on a better connection.",
        ),
        {"Connection": "close"},
    ),
    RangeNotSatisfiable: ProblemType(
        416,
        "range-outside",
        Text("Hors du fichier", "Outside of the file"),
        Text(
            "La partie demandée commence après la fin du fichier, dont l'en-tête Content-Range "
            "donne la taille.",
            "The part asked for begins after the end of the file, of which the Content-Range "
            "header gives the size.",
        ),
    ),
    errors.QuerySyntaxError: ProblemType(
        400,
        "query-syntax",
        Text("Requête SPARQL mal écrite", "The query cannot be read"),
        Text(
            "La requête n'est pas du SPARQL 1.1. Le détail montre la ligne et l'endroit.",
            "The query is not SPARQL 1.1. The detail shows the line and the place.",
        ),
    ),
    errors.QueryRefused: ProblemType(
        403,
        "query-refused",
        Text("Requête refusée", "The query is not allowed here"),
        Text(
            "Ce point d'accès répond à des requêtes : il n'accepte ni mise à jour ni SERVICE.",
            "This endpoint answers queries: it takes neither updates nor SERVICE.",
        ),
    ),
    errors.QueryTimeout: ProblemType(
        504,
        "query-timeout",
        Text("Requête trop longue", "The query ran out of time"),
        Text(
            "La requête n'a pas fini à temps. Demander moins, ou interroger chez soi les exports "
            "complets (/dumps).",
            "The query did not end in time. Ask for less, or take the dumps (/dumps) and ask them "
            "at home.",
        ),
    ),
    errors.QueryTooLarge: ProblemType(
        422,
        "query-too-large",
        Text("Requête trop coûteuse", "The query is too large"),
        Text(
            "La réponse, ou la mémoire qu'elle demande, dépasse ce qui est admis. Ajouter LIMIT, "
            "ou prendre les exports complets (/dumps).",
            "The answer, or the memory it takes, is larger than allowed. Add LIMIT, or take the "
            "dumps (/dumps).",
        ),
    ),
    errors.QueryOverload: ProblemType(
        503,
        "query-overload",
        Text("Trop de requêtes", "Too many queries"),
        Text(
            "Trop de requêtes attendent déjà. Réessayer après le délai de l'en-tête Retry-After.",
            "Too many queries wait already. Try again after the time the Retry-After header gives.",
        ),
        RETRY_SOON,
    ),
    errors.EngineUnavailable: ProblemType(
        503,
        "engine-unavailable",
        Text("Moteur indisponible", "The engine cannot be asked"),
        Text(
            "Le moteur qui répond aux requêtes est arrêté, ou reçoit une autre édition. Réessayer "
            "après le délai de l'en-tête Retry-After ; les fiches, les listes et les exports "
            "(/dumps) restent servis.",
            "The engine that answers queries is down, or is being given another release. Try "
            "again after the time the Retry-After header gives; lists, searches and the dumps "
            "(/dumps) are still served.",
        ),
        {"Retry-After": "10"},
    ),
    RateLimited: ProblemType(
        429,
        "budget-spent",
        Text("Trop de requêtes de votre part", "Too many queries of yours"),
        Text(
            "Vos requêtes occupent déjà la part du serveur qui revient à un visiteur. Attendre le "
            "délai de l'en-tête Retry-After, ou interroger chez soi les exports complets (/dumps).",
            "Your queries already take the share of the server that one visitor has. Wait for the "
            "time the Retry-After header gives, or take the dumps (/dumps) and ask them at home.",
        ),
    ),
    errors.QueryError: ProblemType(
        500,
        "query-failed",
        Text("La requête a échoué", "The query failed"),
        Text(
            "Le moteur s'est arrêté sans répondre ; la requête n'y est peut-être pour rien.",
            "The engine stopped without an answer; the query may not be the cause.",
        ),
    ),
    errors.SourceError: ProblemType(
        400,
        "unreadable-file",
        Text("Fichier illisible", "The file cannot be read"),
        Text(
            "Le fichier n'est pas ce que dit son extension, ou est abîmé. Le détail dit ce qui a "
            "été trouvé ; l'enregistrer à nouveau, en CSV ou en XLSX pour un tableau, suffit "
            "souvent.",
            "The file is not what its extension says, or is damaged. The detail says what was "
            "found; saving it again, as CSV or XLSX for a table, often helps.",
        ),
    ),
    errors.JobTimeout: ProblemType(
        504,
        "check-timeout",
        Text("Vérification trop longue", "The check ran out of time"),
        Text(
            "La vérification n'a pas fini à temps. Envoyer moins de lignes à la fois, ou vérifier "
            "chez soi : ess-kg check.",
            "The check did not end in time. Send fewer rows at a time, or check at home: "
            "ess-kg check.",
        ),
    ),
    errors.JobTooLarge: ProblemType(
        422,
        "check-too-large",
        Text("Vérification trop coûteuse", "The check is too large"),
        Text(
            "La vérification demande plus de mémoire ou de place que ce qui est admis. Envoyer "
            "moins de lignes à la fois, ou vérifier chez soi : ess-kg check.",
            "The check takes more memory or disk than allowed. Send fewer rows at a time, or "
            "check at home: ess-kg check.",
        ),
    ),
    errors.JobOverload: ProblemType(
        503,
        "check-overload",
        Text("Trop de vérifications", "Too many checks"),
        Text(
            "D'autres fichiers sont en cours de vérification. Réessayer après le délai de "
            "l'en-tête Retry-After.",
            "Other files are being checked. Try again after the time the Retry-After header gives.",
        ),
        {"Retry-After": "30"},
    ),
    errors.JobError: ProblemType(
        500,
        "check-failed",
        Text("La vérification a échoué", "The check failed"),
        Text(
            "La vérification s'est arrêtée sans rapport ; l'erreur est de ce serveur et a été "
            "notée.",
            "The check stopped without a report; the error is this server's and was written down.",
        ),
    ),
    errors.DiskFull: ProblemType(
        503,
        "no-room",
        Text("Plus de place", "There is no room left"),
        Text(
            "Le disque de ce serveur est plein ou ne s'écrit pas. Réessayer plus tard ; ce qui ne "
            "s'écrit pas (pages, listes, requêtes) répond toujours.",
            "The disk of this server is full or cannot be written. Try again later; what is not "
            "written (pages, lists, queries) still answers.",
        ),
        {"Retry-After": "60"},
    ),
    errors.ExtractPending: ProblemType(
        503,
        "extract-pending",
        Text("Fichier en préparation", "The file is being made"),
        Text(
            "Le fichier est en cours d'écriture. Le redemander après le délai de Retry-After.",
            "The file is being written. Ask for it again after the time of Retry-After.",
        ),
        {"Retry-After": "10"},
    ),
    errors.ExtractTooLarge: ProblemType(
        422,
        "extract-too-large",
        Text("Extrait trop coûteux", "The extract is too large"),
        Text(
            "L'écrire demande trop de temps ou de place. L'écrire chez soi : ess-kg dump.",
            "Writing it takes too much time or room. Write it at home: ess-kg dump.",
        ),
    ),
    errors.ExtractError: ProblemType(
        500,
        "extract-failed",
        Text("Extrait en échec", "The extract failed"),
        Text("L'erreur, de ce serveur, a été notée.", "The error is ours and was written down."),
    ),
    errors.ReleaseError: ProblemType(
        503,
        "no-release",
        Text("Aucune édition", "No release is served"),
        Text(
            "Ce serveur n'a pas encore d'édition du graphe à servir.",
            "This server has no release of the graph to serve yet.",
        ),
        RETRY_SOON,
    ),
    RequestValidationError: BAD_REQUEST,
}
METHOD_NOT_ALLOWED: Final = ProblemType(
    405,
    "method-not-allowed",
    Text("Méthode refusée", "Method not allowed"),
    Text(
        "Cette adresse ne se demande pas ainsi. L'en-tête Allow dit comment.",
        "This address is not asked in that way. The Allow header says how it is.",
    ),
)
PROBLEMS_BY_STATUS: Final = {404: PROBLEMS[errors.NotFound], 405: METHOD_NOT_ALLOWED}
UNEXPECTED: Final = ProblemType(
    500,
    "unexpected",
    Text("Erreur inattendue", "Something unexpected happened"),
    Text(
        "L'erreur vient de ce serveur et a été notée dans son journal.",
        "The error is this server's and was written in its log.",
    ),
    {"Connection": "close"},  # the server drops the connection after what nobody foresaw
)


def list_problem_types() -> Iterator[ProblemType]:
    """Each problem once."""
    yield from {p.slug: p for p in (*PROBLEMS.values(), METHOD_NOT_ALLOWED, UNEXPECTED)}.values()


def find_problem_type(error: Exception) -> ProblemType:
    """The line of the table for an error: its own class, or the nearest one above it."""
    if isinstance(error, HTTPException):
        told = Text(error.detail, error.detail)
        return PROBLEMS_BY_STATUS.get(
            error.status_code, ProblemType(error.status_code, "http", told, told)
        )
    classes = type(error).__mro__
    return next((PROBLEMS[c] for c in classes if c in PROBLEMS), UNEXPECTED)
