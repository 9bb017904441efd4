"""Table of the recipes in docs/sources.md, written anew from their descriptions.

python data/recipes_table.py
"""

from pathlib import Path
from typing import Final

from kg.licences import name_licence
from kg.sources import Source, read_source_description

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "sources.md"
BEGIN: Final = "<!-- recipes: written by data/recipes_table.py -->\n"
END: Final = "<!-- end of recipes -->\n"
HEADING: Final = (
    "| recipe | what it is | format | licence | recognised by | command |\n"
    "|---|---|---|---|---|---|\n"
)
FORMATS: Final = {
    "text/csv": "CSV",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "text/calendar": "iCalendar",
    "application/atom+xml": "RSS, Atom",
    "application/tei+xml": "TEI (XML)",
    "application/rdf+xml": "RDF/XML",
    "application/ld+json": "JSON-LD, Turtle",
    "application/n-triples": "N-Triples",
}
SHOWN_FEATURES: Final = 3


def build_table(folder: Path = ROOT / "data" / "recipes") -> str:
    """The table of the recipes of a folder, by name."""
    paths = sorted(folder.glob("*/source.toml"))
    return HEADING + "".join(_build_row(read_source_description(path.parent)) for path in paths)


def replace_table(page: str, table: str) -> str:
    """The page with another table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table}{END}{after}"


def _build_row(recipe: Source) -> str:
    licence = name_licence(recipe.licence)
    command = (
        f"`ess-kg fetch {recipe.name}`"
        if recipe.fetch
        else f"`ess-kg source new {recipe.name} --from FILE`"
    )
    file_format = FORMATS.get(recipe.format, recipe.format)
    features = _list_features(recipe)
    cells = (f"`{recipe.name}`", recipe.title.en, file_format, licence, features, command)
    return f"| {' | '.join(cells)} |\n"


def _list_features(recipe: Source) -> str:
    if recipe.recognition is None:
        return "its name: it joins several files"
    known = recipe.recognition
    values = [f"`{heading}` = `{pattern}`" for heading, pattern in known.values.items()]
    named = [f"`{each}`" for each in (*known.headings, *known.members, *known.namespaces)]
    features = values + named
    more = "…" if len(features) > SHOWN_FEATURES else ""
    return ", ".join(features[:SHOWN_FEATURES]) + more


if __name__ == "__main__":
    PAGE.write_text(replace_table(PAGE.read_text("utf-8"), build_table()), "utf-8")
