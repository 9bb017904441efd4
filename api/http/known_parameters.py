"""Known query parameters: an address refuses those that mean nothing to it, and says which do."""

from collections.abc import Sequence

from starlette.requests import Request

from kg.errors import InvalidParameter, ParameterFault


def require_known_parameters(request: Request, known: Sequence[str]) -> None:
    """Raises InvalidParameter for a query parameter that is not among the known ones."""
    for name in request.query_params:
        if name not in known:
            raise InvalidParameter(
                f"unknown parameter {name!r}; this address knows {', '.join(known)}",
                f"paramètre inconnu {name!r} ; cette adresse connaît {', '.join(known)}",
                ParameterFault.UNKNOWN_NAME,
                (name,),
            )
