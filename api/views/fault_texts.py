"""Sentences on query parameters that cannot be used, for people: labels instead of keys."""

from collections.abc import Mapping
from typing import Final

from api.http.parameter_faults import Pairs, list_faulty
from api.views.list_view_names import VIEW_PARAMETER
from api.views.page_context import PageContext
from kg.errors import InvalidParameter, ParameterFault

MAX_QUOTED: Final = 60
"""Characters of a value that are repeated."""
LABELS: Final[Mapping[str, str]] = {
    "q": "words",
    "from": "from",
    "to": "to",
    "begun": "begun",
    "bbox": "bbox",
    "sort": "sort",
    "limit": "page_size",
    "after": "pages",
    "page": "pages",
    "month": "month",
    "and": "chart_and",
    "lang": "page_language",
    VIEW_PARAMETER: "views",
}
"""Texts that name the parameters which are no columns."""


def explain_fault(fault: InvalidParameter, asked: Pairs, site: PageContext) -> str:
    """Why a parameter of an address cannot be used, without its name.

    `asked` are all parameters of the address.
    """
    name, value = next(iter(list_faulty(asked, fault)), (fault.names[0], fault.value))
    written = name if fault.fault == ParameterFault.UNKNOWN_NAME else value
    quoted = written if len(written) <= MAX_QUOTED else f"{written[:MAX_QUOTED]}…"
    opening, closing = site.quotation_marks
    return site.t(f"fault_{fault.fault}").format(value=f"{opening}{quoted}{closing}")
