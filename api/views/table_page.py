"""View model of the page of a canonical table: its columns, meanings and examples."""

from api.views.jinja import render_page
from api.views.page_context import PageContext
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME


def render_table_page(site: PageContext, table: Table, file: str) -> str:
    """The page; `file` is where its rows can be had."""
    return render_page(
        "table.html",
        site.language,
        site=site,
        title=site.localize(table.title),
        table=table,
        path=f"/tables/{table.name}",
        file=file,
        kind=KIND_BY_NAME[table.kind] if table.kind else None,
    )
