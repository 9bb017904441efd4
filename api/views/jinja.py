"""Jinja environment of the pages."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.views.page_context import PageContext
from api.views.passages import find_shared_source
from api.views.qualified_relations import find_shared_verb

TEMPLATE_FOLDER: Final = Path(__file__).parents[1] / "templates"
STATIC_FOLDER: Final = Path(__file__).parents[1] / "static"


def render_page(name: str, language: str, **values: Any) -> str:
    """A template filled with values; `language` is `fr` or `en` and is known to it."""
    filled = {"site": PageContext(language, language_chosen=language == "en"), **values}
    return get_environment().get_template(name).render(language=language, **filled)


@lru_cache(maxsize=1)
def get_environment() -> Environment:
    """Where templates are found. Everything is escaped; an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # each page would look at the times of its files
    )
    environment.globals["static"] = build_static_url
    environment.globals["find_shared_source"] = find_shared_source
    environment.globals["find_shared_verb"] = find_shared_verb
    return environment


@lru_cache(maxsize=256)
def build_static_url(name: str) -> str:
    """The address of a static file: it changes with the file, which browsers may keep for ever."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
