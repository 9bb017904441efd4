"""Request for a view of a selection beside the list: what there is to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.serving.representation import Representation
from api.views.page_context import Parameters
from kg.catalogue.filters import Filters
from kg.catalogue.listing import Listing


@dataclass(frozen=True)
class ViewRequest:
    """A selection to be looked at in a view."""

    representation: Representation
    listing: Listing
    """The first page of the selection, with its facets and total."""
    filters: Filters
    parameters: Parameters
    """Those that choose what is listed."""
    options: Mapping[str, str]
    """The parameters of the view itself, by name (`VIEW_OPTIONS`)."""
    selection: Mapping[str, Any]
    """What all views share (`build_selection`)."""
