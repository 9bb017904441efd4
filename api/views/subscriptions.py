"""Subscriptions that a page offers: a feed of changes, a calendar of events."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.http.links import build_url
from api.views.calendar_view import build_webcal
from api.views.page_context import PageContext
from kg.formats import ATOM, ICALENDAR


@dataclass(frozen=True)
class Subscription:
    """An address to follow something at."""

    text: str
    href: str
    """What a program subscribes to."""
    file: str
    """The same over HTTP."""
    media_type: str


def list_subscriptions(
    filters: Sequence[tuple[str, str]], site: PageContext, origin: str, *, events: bool
) -> list[Subscription]:
    """The feed of what changes under some filters, and the calendar of the events under them."""
    spoken = [("lang", "en")] if site.language == "en" else []
    feed = build_url(f"/changes.{ATOM.extension}", [*filters, *spoken])
    found = [Subscription(site.t("subscribe_changes"), feed, feed, ATOM.media_type)]
    if events:
        calendar = build_url(f"/event.{ICALENDAR.extension}", [*filters, *spoken])
        found.append(
            Subscription(
                site.t("subscribe_events"),
                build_webcal(origin, calendar),
                calendar,
                ICALENDAR.media_type,
            )
        )
    return found
