"""Figures for each 10,000 inhabitants: the rate, and the population that it is a share of."""

from collections.abc import Mapping
from typing import Any, Final

from api.views.page_context import PageContext
from kg.catalogue.records import Inhabitants

INHABITANTS: Final = 10_000


def format_rate(count: int, inhabitants: Inhabitants | None, site: PageContext) -> str:
    """How many there are for each 10,000 inhabitants; empty where these are not known."""
    if not inhabitants or not inhabitants.number:
        return ""
    rate = count * INHABITANTS / inhabitants.number
    text = f"{rate:.1f}" if rate >= 0.1 or not count else f"{rate:.3f}"
    return text.replace(".", ",") if site.language == "fr" else text


def describe_population(
    inhabitants: Inhabitants | None, manifest: Mapping[str, Any], site: PageContext
) -> str:
    """The inhabitants of a territory, with the sources that count them, their versions and days,
    and of how many communes they are the sum where the territory states none.

    Empty where these are not known. The year of the census is that of the source: records have
    none of their own.
    """
    if not inhabitants or not inhabitants.number:
        return ""
    parts = [site.ngettext("inhabitants_counted", inhabitants.number)]
    if inhabitants.counted:
        parts.append(_describe_sum(inhabitants, site))
    told = []
    for source in manifest.get("sources", ()):
        if source["name"] in inhabitants.sources:
            version = source.get("version") or ""
            day = site.format_day(source["retrieved"]) if source.get("retrieved") else ""
            aside = ", ".join(filter(None, (version, day)))
            title = source["title"][site.language]
            told.append(f"{title} ({aside})" if aside else title)
    if told:
        parts.append(f"{site.t('according_to')} {', '.join(told)}")
    return ", ".join(parts)


def _describe_sum(inhabitants: Inhabitants, site: PageContext) -> str:
    counted, communes = inhabitants.counted, inhabitants.communes
    if counted == communes:
        return site.ngettext("sum_of_communes", communes)
    return site.ngettext("sum_of_some_communes", communes, counted=site.format_number(counted))
