"""The pages: Jinja templates of this package, filled and escaped."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER: Final = Path(__file__).parents[1] / "templates"


def page(name: str, language: str, **values: Any) -> str:
    """A template filled with values; `language` is `fr` or `en` and is known to it."""
    return environment().get_template(name).render(language=language, **values)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where templates are found. Everything is escaped; an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
