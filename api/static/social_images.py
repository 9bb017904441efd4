"""Pictures that stand for pages where their addresses are shared: one for each kind, one for all.

    python api/static/social_images.py [FOLDER]

Draws each as SVG in the colours, pictograms and typeface of the site, and has Chromium write it as
PNG of 1200 × 630 into `social/` beside this file, or into FOLDER. `make social-images` runs it.
"""

import base64
import re
import shutil
import sys
from html import escape
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from kg.kinds import KINDS, Text

STATIC: Final = Path(__file__).parent
FOLDER: Final = STATIC / "social"
SITE: Final = "site"
"""The name of the picture of pages that are of no kind."""
WIDTH, HEIGHT = 1200, 630
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FIELD: Final = Text(
    "Le graphe ouvert de l’économie sociale et solidaire",
    "The open graph of the social and solidarity economy",
)
MARK: Final = (
    '<path d="M8 8l16 5M8 8l5 17M24 13l-11 12" stroke-width="2"/><circle cx="8" cy="8" r="5"/>'
    '<circle cx="24" cy="13" r="4" fill="#f3a06f" stroke="none"/><circle cx="13" cy="25" r="4"/>'
)
"""The mark of the site, as in the header of its pages."""
PAGE: Final = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Figtree; font-weight: 300 900; src: url(data:font/woff2;base64,{font}) }}
body {{ margin: 0; font-family: Figtree; }} svg {{ display: block; }}
</style>{drawing}"""


def main() -> None:
    """Draws and writes them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise SystemExit("Chromium is not installed (make chromium)")
    colours, pictograms = read_colours(), read_pictograms()
    drawings = {SITE: draw(colours["brand"], MARK_DRAWING, LARGE_NAME)} | {
        kind.name: draw(
            colours[kind.name], pictograms[kind.name], SMALL_NAME + draw_title(kind.plural)
        )
        for kind in KINDS
    }
    font = base64.b64encode((STATIC / "vendor" / "figtree.woff2").read_bytes()).decode()
    with sync_playwright() as playwright:
        # without a sandbox of its own: it opens nothing but what is written here
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, drawing in drawings.items():
            page.set_content(PAGE.format(font=font, drawing=drawing))
            page.evaluate("document.fonts.load('700 20px Figtree')")
            page.screenshot(path=folder / f"{name}.png")
        browser.close()


def read_colours() -> dict[str, str]:
    """The colours of light pages, by name."""
    root = (STATIC / "style.css").read_text("utf-8").partition(":root {")[2].partition("}")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", root))


def read_pictograms() -> dict[str, str]:
    """The drawing of each pictogram, by name; 24 units wide, in strokes."""
    source = (STATIC / "pictograms.svg").read_text("utf-8")
    return {
        name: f'<g transform="scale(16)" stroke-width="1.4">{paths}</g>'
        for name, paths in re.findall(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', source)
    }


MARK_DRAWING: Final = f'<g transform="scale(12)" fill="#ffffff">{MARK}</g>'
LARGE_NAME: Final = (
    '<text x="76" y="300" font-size="150" font-weight="800" letter-spacing="-4">ess-kg</text>'
)
SMALL_NAME: Final = (
    f'<g transform="translate(80 72) scale(1.9)" stroke="#ffffff">{MARK}</g>'
    '<text x="156" y="121" font-size="44" font-weight="800" letter-spacing="-1">ess-kg</text>'
)


def draw_title(title: Text) -> str:
    """What the pages are about in both languages; once where it is the same word."""
    words = list(dict.fromkeys((title.fr, title.en)))
    return "".join(
        f'<text x="80" y="{270 + 84 * place}" font-size="76" font-weight="800" '
        f'fill-opacity="{1 if place == 0 else 0.85}">{escape(word)}</text>'
        for place, word in enumerate(words)
    )


def draw(colour: str, sign: str, words: str) -> str:
    """The picture as SVG: a large sign, some words, what the site is."""
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"
viewBox="0 0 {WIDTH} {HEIGHT}" fill="#ffffff">
<rect width="{WIDTH}" height="{HEIGHT}" fill="{colour}"/>
<circle cx="1010" cy="300" r="330" fill-opacity="0.09"/>
<circle cx="1010" cy="300" r="240" fill-opacity="0.09"/>
<g transform="translate(818 108)" fill="none" stroke="#ffffff" stroke-linecap="round"
stroke-linejoin="round">{sign}</g>
{words}
<text x="80" y="520" font-size="30" font-weight="600">{escape(FIELD.fr)}</text>
<text x="80" y="562" font-size="30" fill-opacity="0.85">{escape(FIELD.en)}</text>
</svg>"""


if __name__ == "__main__":
    main()
