"""Addresses of the form for what is wrong, filled in with a record, a column or a fact."""

from api.views.page_context import PageContext
from kg.namespaces import ID


def build_report_href(site: PageContext, record: str, column: str = "", fact: str = "") -> str:
    """The form about a record, one of its columns, or a fact about it.

    `record` and `fact` are IRIs; a fact is a node that a row of another table makes.
    """
    given = {
        "record": record.removeprefix(ID),
        "fact": fact.removeprefix(ID) if fact.startswith(ID) else "",
        "column": column,
    }
    return site.href("/feedback", [(name, text) for name, text in given.items() if text])
