"""The page a file is checked from."""

from dataclasses import dataclass

from api.render.frame import site_of
from api.render.templates import page
from api.representation import Representation
from api.uploads import EXTENSIONS
from kg.catalogue.words import fold
from kg.kinds import Text
from kg.sandbox.limits import MEGABYTE


@dataclass(frozen=True)
class Template:
    """A canonical table a file can be, and its empty spreadsheets."""

    name: str
    title: Text


def validate_page(shown: Representation, most: int) -> str:
    """The form, the tables and their templates."""
    site = site_of(shown)
    tables = [Template(name, table.title) for name, table in shown.served.tables.items()]
    megabytes = f"{most / MEGABYTE:.3g}"
    return page(
        "validate.html",
        site.language,
        site=site,
        tables=sorted(tables, key=lambda each: fold(each.title[site.language])),
        accepted=", ".join(sorted(f".{extension}" for extension in EXTENSIONS)),
        megabytes=megabytes.replace(".", ",") if site.language == "fr" else megabytes,
        most=most,
        origin=shown.origin,
    )
