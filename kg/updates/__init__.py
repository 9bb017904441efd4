"""Updates: sources fetched when they are due, built when they changed, told when there is news."""

from kg.updates.notify import Channels, notify
from kg.updates.update_report import SourceNews, UpdateReport
from kg.updates.update_run import update_sources

__all__ = ["Channels", "SourceNews", "UpdateReport", "notify", "update_sources"]
