"""View model of a quality report: the page that a release holds, on a page of the site."""

import html
import re
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import build_page_context

TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
STYLES: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
CONTENT: Final = re.compile(r'<main class="report">(.*)</main>', re.DOTALL)


@dataclass(frozen=True)
class ReportParts:
    """A report without the page around it; its text was escaped when it was written."""

    title: str
    style: Markup
    content: Markup


def split_report(page: str) -> ReportParts | None:
    """The parts of the page of a report; None for one of a release of before, which has none."""
    title, content, styles = TITLE.search(page), CONTENT.search(page), STYLES.findall(page)
    if title is None or content is None or not styles:
        return None
    # of a file that the build wrote, with everything escaped in it
    trusted = Markup(content[1])  # noqa: S704
    return ReportParts(html.unescape(title[1]), Markup(styles[-1]), trusted)  # noqa: S704


def render_report_page(
    variant: Representation, parts: ReportParts, language: str, folder: str
) -> str:
    """The page of a report with the header of the site.

    `folder` is the address of the report, at which it is in either language.
    """
    site = replace(build_page_context(variant), path=folder)
    if language != variant.language:  # its address says the language of a report
        site = replace(site, language=language, language_chosen=True)
    return render_page("report.html", language, site=site, title=parts.title, report=parts)
