"""The pages: Jinja templates of this package, filled and escaped."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.render.site import Site

FOLDER: Final = Path(__file__).parents[1] / "templates"
STATIC: Final = Path(__file__).parents[1] / "static"


def page(name: str, language: str, **values: Any) -> str:
    """A template filled with values; `language` is `fr` or `en` and is known to it."""
    filled = {"site": Site(language, chosen=language == "en"), **values}
    return environment().get_template(name).render(language=language, **filled)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where templates are found. Everything is escaped; an unknown name is an error."""
    found = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["stylesheet"] = f"/static/style.css?v={_version('style.css')}"
    found.globals["script"] = f"/static/validate.js?v={_version('validate.js')}"
    return found


def _version(name: str) -> str:
    """Changes with the file, which browsers may then keep for ever."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
