"""View model of the page where a list, map or calendar is chosen to be embedded elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.http.links import build_url
from api.views.jinja import render_page
from api.views.list_view_names import LOCATED_KINDS, is_in_calendars
from api.views.page_context import PageContext
from kg.kinds import KINDS, Kind

SHAPES: Final = ("list", "map", "calendar")
THEMES: Final = ("light", "dark")
DEFAULT_HEIGHT: Final = {"list": 420, "map": 600, "calendar": 480}
MIN_HEIGHT, MAX_HEIGHT = 200, 2000


@dataclass(frozen=True)
class EmbedChoice:
    """What is to be embedded, and how."""

    kind: Kind
    shape: str
    filters: tuple[tuple[str, str], ...]
    theme: str
    """Empty for that of the visitor."""
    language: str
    upcoming: bool
    """Whether a calendar leaves out what is over."""
    height: int = 0

    @property
    def path(self) -> str:
        """The address of the page in the frame."""
        options = [
            *self.filters,
            *([("upcoming", "1")] if self.upcoming and self.shape == "calendar" else []),
            *([("theme", self.theme)] if self.theme else []),
            ("lang", self.language),
        ]
        return build_url(f"/embed/{self.shape}/{self.kind.name}", options)


def list_shapes(kind: Kind) -> list[str]:
    """The shapes that records of a kind can be embedded in, the most telling first."""
    shapes = {
        "calendar": is_in_calendars(kind),
        "map": kind.name in LOCATED_KINDS,
        "list": True,
    }
    return [shape for shape, there in shapes.items() if there]


def format_frame(choice: EmbedChoice, origin: str, width: str = "100%") -> str:
    """The element that shows it in a page."""
    return Markup(
        '<iframe src="{}{}" title="ess-kg – {}" width="{}" height="{}" loading="lazy"></iframe>'
    ).format(
        origin,
        choice.path,
        choice.kind.plural[choice.language],
        width,
        choice.height or DEFAULT_HEIGHT[choice.shape],
    )


def render_builder_page(
    site: PageContext, choice: EmbedChoice, told: Sequence[str], origin: str
) -> str:
    """The page: a form, a preview, and the line to copy; `told` are its filters in words."""
    return render_page(
        "embed_builder.html",
        site.language,
        site=site,
        title=site.t("embed_title"),
        choice=choice,
        told=told,
        kinds=[(kind.name, site.localize(kind.plural)) for kind in KINDS],
        shapes=[(shape, site.t(f"view_{shape}")) for shape in list_shapes(choice.kind)],
        themes=[
            ("", site.t("theme_auto")),
            *((theme, site.t(f"theme_{theme}")) for theme in THEMES),
        ],
        height=choice.height or DEFAULT_HEIGHT[choice.shape],
        bounds=(MIN_HEIGHT, MAX_HEIGHT),
        frame=str(format_frame(choice, origin)),
        whole=site.href(choice.kind.path, choice.filters),
    )
