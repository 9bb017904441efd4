"""Page context of a request: merged into page_context."""

from api.serving.representation import Representation
from api.views.page_context import PageContext


def build_page_context(shown: Representation) -> PageContext:
    """What a page knows of its own address, language and release."""
    return PageContext.of(
        shown.language,
        shown.request.url.path,
        shown.request.query_params.multi_items(),
        release=shown.served.release.id,
        created=shown.served.created,
    )
