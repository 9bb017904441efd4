"""The frame of a page, from the request it answers."""

from api.render.site import Site
from api.representation import Representation


def site_of(shown: Representation) -> Site:
    """What a page knows of its own address, language and release."""
    parameters = shown.request.query_params.multi_items()
    return Site(
        language=shown.language,
        path=shown.request.url.path,
        parameters=tuple((name, value) for name, value in parameters if name != "lang"),
        chosen=any(name == "lang" for name, _ in parameters),
        release=shown.served.release.id,
        created=shown.served.created,
    )
