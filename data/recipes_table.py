"""Table of the recipes in docs/sources.md, written anew from their descriptions.

python data/recipes_table.py
"""

from pathlib import Path
from typing import Final

from kg.sources import Source, read_source_description

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "sources.md"
BEGIN: Final = "<!-- recipes: written by data/recipes_table.py -->\n"
END: Final = "<!-- end of recipes -->\n"
HEADING: Final = (
    "| recipe | what it is | licence | recognised by | command |\n|---|---|---|---|---|\n"
)
LICENCES: Final = {
    "https://www.etalab.gouv.fr/licence-ouverte-open-licence": "Licence Ouverte",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": "ODbL",
    "https://rightsstatements.org/vocab/UND/1.0/": "that of each",
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
    licence = LICENCES.get(recipe.licence, recipe.licence)
    command = (
        f"`ess-kg fetch {recipe.name}`"
        if recipe.fetch
        else f"`ess-kg source new {recipe.name} --from FILE`"
    )
    cells = (f"`{recipe.name}`", recipe.title.en, licence, _list_features(recipe), command)
    return f"| {' | '.join(cells)} |\n"


def _list_features(recipe: Source) -> str:
    if recipe.recognition is None:
        return ""
    known = recipe.recognition
    values = [f"`{heading}` = `{pattern}`" for heading, pattern in known.values.items()]
    named = [f"`{each}`" for each in (*known.headings, *known.members, *known.namespaces)]
    features = values + named
    more = "…" if len(features) > SHOWN_FEATURES else ""
    return ", ".join(features[:SHOWN_FEATURES]) + more


if __name__ == "__main__":
    PAGE.write_text(replace_table(PAGE.read_text("utf-8"), build_table()), "utf-8")
