"""The page of a canonical table: its columns, what they mean and an example of each."""

from api.render.site import Site
from api.render.templates import page
from kg.kinds import BY_NAME
from kg.tables import Table


def table_page(site: Site, table: Table, file: str) -> str:
    """The page; `file` is where its rows can be had."""
    return page(
        "table.html",
        site.language,
        site=site,
        title=site.in_(table.title),
        table=table,
        path=f"/tables/{table.name}",
        file=file,
        kind=BY_NAME[table.kind] if table.kind else None,
    )
