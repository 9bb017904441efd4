"""View model of the page that files are checked from."""

from dataclasses import dataclass

from api.http.uploads import EXTENSIONS
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from kg.catalogue.text_analysis import fold
from kg.kinds import Text


@dataclass(frozen=True)
class SpreadsheetTemplate:
    """A canonical table a file can be, and its empty spreadsheets."""

    name: str
    title: Text


def render_validate_page(variant: Representation, most: int) -> str:
    """The form, the tables and their templates."""
    site = build_page_context(variant)
    tables = [
        SpreadsheetTemplate(name, table.title) for name, table in variant.served.tables.items()
    ]
    megabytes = f"{most / 2**20:.3g}"
    return render_page(
        "validate.html",
        site.language,
        site=site,
        tables=sorted(tables, key=lambda each: fold(each.title[site.language])),
        accepted=", ".join(sorted(f".{extension}" for extension in EXTENSIONS)),
        megabytes=megabytes.replace(".", ",") if site.language == "fr" else megabytes,
        most=most,
        origin=variant.origin,
    )
