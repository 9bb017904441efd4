"""Subscriptions that a page offers: a feed of changes, a calendar of events."""

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
    changes: tuple[str, str],
    site: PageContext,
    origin: str,
    *,
    events: tuple[str, str] | None,
) -> list[Subscription]:
    """The feed of what changes under a filter, and the calendar of the events under another."""
    spoken = [("lang", "en")] if site.language == "en" else []
    feed = build_url(f"/changes.{ATOM.extension}", [changes, *spoken])
    found = [Subscription(site.t("subscribe_changes"), feed, feed, ATOM.media_type)]
    if events:
        calendar = build_url(f"/event.{ICALENDAR.extension}", [events, *spoken])
        found.append(
            Subscription(
                site.t("subscribe_events"),
                build_webcal(origin, calendar),
                calendar,
                ICALENDAR.media_type,
            )
        )
    return found
