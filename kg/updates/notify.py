"""Notification of an update: a file, an Atom feed, a webhook, mail by the machine's own mailer.

Each is tried, whatever becomes of the others. Every report that was told is a line of
`data/fetches/updates.jsonl`, out of which the feed is written.
"""

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import httpx

from kg.errors import EssKgError, NotifyError
from kg.updates.update_report import UpdateReport, read_report

HISTORY_FILE: Final = "updates.jsonl"
MAX_FEED_ENTRIES: Final = 50
WEBHOOK_TIMEOUT: Final = 30.0
MAIL_TIMEOUT: Final = 120
ATOM: Final = "http://www.w3.org/2005/Atom"
FEED_TITLE: Final = "ess-kg"
MAILER_PLACES: Final = ("/usr/sbin", "/usr/lib", "/usr/local/sbin")


@dataclass(frozen=True)
class Channels:
    """Where it is told; nothing where all are empty."""

    file: Path | None = None
    """A text that grows."""
    feed: Path | None = None
    """An Atom feed, written anew."""
    webhook: str = ""
    mail: str = ""
    """The address that mail is sent to."""


def notify(
    report: UpdateReport, channels: Channels, folder: Path, language: str
) -> list[EssKgError]:
    """Tells a report; what could not be told. `folder` is that of the fetches."""
    history = folder / HISTORY_FILE
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(report.render_json(), ensure_ascii=False) + "\n")
    errors: list[EssKgError] = []
    for name, tell in _list_tellers(report, channels, history, language):
        try:
            tell()
        except (
            OSError,
            ValueError,
            subprocess.SubprocessError,
            httpx.HTTPError,
            httpx.InvalidURL,
        ) as error:
            errors.append(NotifyError(f"{name}: {error}"))
    return errors


def _list_tellers(
    report: UpdateReport, channels: Channels, history: Path, language: str
) -> Iterator[tuple[str, Callable[[], None]]]:
    file, feed = channels.file, channels.feed
    if file is not None:
        yield str(file), lambda: _append(report, file, language)
    if feed is not None:
        yield str(feed), lambda: write_feed(read_history(history), feed, language)
    if channels.webhook:
        yield channels.webhook, lambda: _post(report, channels.webhook, language)
    if channels.mail:
        yield channels.mail, lambda: _send_mail(report, channels.mail, language)


def _append(report: UpdateReport, path: Path, language: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{report.moment} {report.summarize(language)}\n{report.describe(language)}\n\n")


def read_history(path: Path) -> list[UpdateReport]:
    """The last reports, the latest first."""
    # not `splitlines`: the texts may have other ends of lines inside
    lines = [line for line in path.read_text("utf-8").split("\n") if line.endswith("}")]
    return [read_report(json.loads(line)) for line in reversed(lines[-MAX_FEED_ENTRIES:])]


def write_feed(reports: Sequence[UpdateReport], path: Path, language: str) -> None:
    """Writes the feed of reports, in one step (https://www.rfc-editor.org/rfc/rfc4287)."""
    feed_id = _read_feed_id(path) or uuid.uuid4().urn
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _add(feed, "id", feed_id)
    _add(feed, "title", FEED_TITLE)
    _add(feed, "updated", reports[0].moment)
    _add(ElementTree.SubElement(feed, "author"), "name", FEED_TITLE)
    for report in reports:
        entry = ElementTree.SubElement(feed, "entry")
        _add(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"{feed_id}{report.moment}").urn)
        _add(entry, "title", report.summarize(language))
        _add(entry, "updated", report.moment)
        _add(entry, "content", report.describe(language))
    fresh = path.with_name(f".{path.name}")
    ElementTree.ElementTree(feed).write(fresh, encoding="utf-8", xml_declaration=True)
    fresh.replace(path)


def _read_feed_id(path: Path) -> str:
    """The id of a feed that was written before, which never changes; empty where there is none."""
    try:
        feed = ElementTree.parse(path).getroot()  # noqa: S314 - our own file
        return feed.findtext(f"{{{ATOM}}}id", "").strip()
    except (OSError, ElementTree.ParseError):
        return ""


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    # XML has no control characters
    ElementTree.SubElement(parent, name).text = "".join(
        sign if sign in "\n\t" or sign.isprintable() else " " for sign in text
    )


def _post(report: UpdateReport, url: str, language: str) -> None:
    text = f"{report.summarize(language)}\n{report.describe(language)}"
    response = httpx.post(
        url, json={"text": text, "update": report.render_json()}, timeout=WEBHOOK_TIMEOUT
    )
    response.raise_for_status()


def _send_mail(report: UpdateReport, address: str, language: str) -> None:
    program = shutil.which("sendmail") or next(
        (f"{place}/sendmail" for place in MAILER_PLACES if Path(place, "sendmail").is_file()), None
    )
    if program is None:
        raise FileNotFoundError("this machine has no sendmail: install a mailer, or use a webhook")
    message = EmailMessage(policy=SMTP)
    message["To"] = address
    message["Subject"] = report.summarize(language)
    message.set_content(report.describe(language) + "\n")
    subprocess.run(  # noqa: S603 - the machine's own mailer; the address is in the message
        [program, "-t", "-oi"], input=message.as_bytes(policy=SMTP.clone(linesep="\n")), check=True,
        timeout=MAIL_TIMEOUT,
    )  # fmt: skip
