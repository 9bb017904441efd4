"""Figures for each 10,000 inhabitants: the rate, and the population that it is a share of."""

from collections.abc import Mapping
from typing import Any, Final

from api.views.page_context import PageContext
from kg.catalogue.records import Item

INHABITANTS: Final = 10_000


def format_rate(count: int, population: int | None, site: PageContext) -> str:
    """How many there are for each 10,000 inhabitants; empty where these are not known."""
    if not population:
        return ""
    rate = count * INHABITANTS / population
    text = f"{rate:.1f}" if rate >= 0.1 or not count else f"{rate:.3f}"
    return text.replace(".", ",") if site.language == "fr" else text


def describe_population(item: Item, manifest: Mapping[str, Any], site: PageContext) -> str:
    """The inhabitants of a territory, with the source that counts them, its version and its day.

    Empty where these are not known. The year of the census is that of the source: records have
    none of their own.
    """
    if not item.population:
        return ""
    told = []
    for source in manifest.get("sources", ()):
        if source["name"] in item.sources:
            version = source.get("version") or ""
            day = site.format_day(source["retrieved"]) if source.get("retrieved") else ""
            aside = ", ".join(filter(None, (version, day)))
            title = source["title"][site.language]
            told.append(f"{title} ({aside})" if aside else title)
    count = f"{site.format_number(item.population)} {site.t('inhabitants')}"
    return f"{count}, {site.t('according_to')} {', '.join(told)}" if told else count
