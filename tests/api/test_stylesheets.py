"""The stylesheets of the pages name the classes that the pages have."""

import re
from pathlib import Path

import pytest

API = Path(__file__).parents[2] / "api"
STYLESHEETS = ("style.css", "calendar.css", "charts.css", "embed.css", "model.css")
"""Those of our pages alone: the others name classes of the libraries that draw them too."""
COMPOSED = re.compile(r"(k|level|depth|shade|theme)-[a-z0-9]+|violation|warning|info")
"""Classes whose names templates put together."""


@pytest.fixture(scope="module")
def pages() -> str:
    places = (("templates", "*.html"), ("views", "*.py"), ("routes", "*.py"), ("static", "*.js"))
    files = (file for folder, pattern in places for file in sorted((API / folder).glob(pattern)))
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("name", STYLESHEETS)
def test_each_class_of_a_stylesheet_is_one_of_a_page(name: str, pages: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (API / "static" / name).read_text("utf-8"), flags=re.DOTALL)
    selectors = " ".join(re.findall(r"([^{}]+)\{", text))
    classes = set(re.findall(r"\.([a-zA-Z_][\w-]*)", selectors))
    assert classes
    written = {each for each in classes if not COMPOSED.fullmatch(each)}
    assert not {c for c in written if not re.search(rf"(?<![\w-]){c}(?![\w-])", pages)}
