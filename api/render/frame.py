"""The frame of a page, from the request it answers."""

from api.render.site import Site
from api.representation import Representation


def site_of(shown: Representation) -> Site:
    """What a page knows of its own address, language and release."""
    return Site.of(
        shown.language,
        shown.request.url.path,
        shown.request.query_params.multi_items(),
        release=shown.served.release.id,
        created=shown.served.created,
    )
