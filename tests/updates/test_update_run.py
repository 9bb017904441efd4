"""Updates over a real publisher: what changed is built, what breaks its bounds is put aside."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from kg.cli.main import app as command
from kg.dry_run import source_difference
from kg.installation import InstallationPaths
from kg.kinds import Text
from kg.release_layout import find_current_release
from kg.releases.compare import compare_releases
from kg.sources import Bounds
from kg.updates import Channels, SourceNews, UpdateReport, notify, update_sources
from tests.fetching.publisher import SOURCE_DESCRIPTION, Publisher, publish

DESCRIPTION = (
    SOURCE_DESCRIPTION
    + """[expect]
removed_share_max = 0.4
[fetch]
url = "{address}/annuaire.csv"
every = "1 month"
[map.organisations.columns]
id = "annuaire-{{numero}}"
label_fr = "{{nom}}"
kind = {{ value = "association" }}
homepage = {{ from = "site", clean = ["url"] }}
assertion = {{ value = "stated" }}
"""
)
ROWS = [f"{n},Association {n},https://a{n}.example.org" for n in range(5)]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publish() as server:
        yield server


def give(publisher: Publisher, rows: list[str]) -> None:
    publisher.files["/annuaire.csv"] = "\n".join(["numero,nom,site", *rows, ""]).encode()


def test_what_changed_is_built_and_nothing_else(
    publisher: Publisher,
    released: InstallationPaths,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = released.sources / "annuaire"
    folder.mkdir()
    description = DESCRIPTION.format(address=publisher.address)
    (folder / "source.toml").write_text(description, "utf-8")
    before = find_current_release(released.releases)
    give(publisher, ROWS)

    first = update_sources(released)
    assert [(each.kind, each.counts["added"]) for each in first.news] == [("changed", 5)]
    with_annuaire = find_current_release(released.releases)
    assert first.release == with_annuaire.id != before.id

    # not due, then due and unchanged: no release, and nothing to tell
    asked = len(publisher.asked)
    assert not update_sources(released).has_news
    assert len(publisher.asked) == asked
    later = date.today() + timedelta(days=32)
    unchanged = update_sources(released, today=later)
    assert unchanged.looked_at == ["annuaire"]
    assert not unchanged.has_news
    assert len(publisher.asked) == asked + 1

    # exactly the changes that were made
    give(publisher, [*ROWS[1:4], "4,Association 4,www.quatre.example.org", "5,Neuve,"])
    second = update_sources(released, names=["annuaire"])
    (news,) = second.news
    assert dict(news.counts) == {"added": 1, "changed": 1, "removed": 1, "refused": 0}
    after = find_current_release(released.releases)
    kinds = {each.name: each for each in compare_releases(with_annuaire, after).kinds}
    changed = kinds["organisation"]
    assert (changed.added, changed.removed, changed.changed) == (1, 1, 1)
    assert set(kinds) <= {"organisation", "source"}

    # a loss beyond what is allowed is put aside; so is nothing of what was served
    raw = (folder / "raw" / "annuaire.csv").read_bytes()
    give(publisher, ROWS[1:2])
    third = update_sources(released, names=["annuaire"])
    assert [each.kind for each in third.news] == ["held"]
    assert "removed_share_max = 0.4" in third.news[0].detail.en
    assert third.has_failed
    assert (folder / "raw" / "annuaire.csv").read_bytes() == raw
    assert (released.fetches / "annuaire" / "held" / "annuaire.csv").is_file()
    assert find_current_release(released.releases).id == after.id

    # the command says the same, and ends as cron wants it
    monkeypatch.setenv("KG_DATA", str(released.data))
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    held = CliRunner().invoke(command, ["update", "annuaire", "--to-file", str(tmp_path / "news")])
    assert held.exit_code == 1, held.output
    assert "sources changées 0, problèmes 1" in held.output
    assert "mise de côté" in (tmp_path / "news").read_text("utf-8")
    silent = CliRunner().invoke(command, ["update", "--quiet"])
    assert (silent.exit_code, silent.output) == (0, "")

    # what fails leaves what was there
    del publisher.files["/annuaire.csv"]
    fourth = update_sources(released, names=["annuaire", "autre"])
    assert {each.source: each.kind for each in fourth.news} == {
        "annuaire": "failed",
        "autre": "failed",
    }
    assert (folder / "raw" / "annuaire.csv").read_bytes() == raw


REPORT = UpdateReport(
    "2026-11-29T03:17:00+00:00",
    ["annuaire", "scop"],
    [
        SourceNews("annuaire", "changed", {"added": 1200, "changed": 2, "removed": 0}),
        SourceNews("scop", "failed", detail=Text("répond 404 \x07", "answers 404 \x07")),
    ],
    "0123456789abcdef",
)


def test_news_are_told_on_every_channel(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer = tmp_path / "bin" / "sendmail"
    mailer.parent.mkdir()
    mailer.write_text(f'#!/bin/sh\ncat > "{tmp_path}/mail.eml"\n', "utf-8")
    mailer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{mailer.parent}:{os.environ['PATH']}")
    channels = Channels(
        tmp_path / "news.txt", tmp_path / "news.xml", f"{publisher.address}/hook", "a@example.org"
    )
    assert notify(REPORT, channels, tmp_path, "fr") == []
    assert (
        notify(replace(REPORT, moment="2026-11-30T03:17:00+00:00"), channels, tmp_path, "fr") == []
    )
    line = "annuaire : fiches ajoutées 1\u202f200, changées 2, retirées 0 ; lignes refusées 0"
    assert (tmp_path / "news.txt").read_text("utf-8").count(line) == 2
    feed = ElementTree.parse(tmp_path / "news.xml").getroot()
    namespace = {"a": "http://www.w3.org/2005/Atom"}
    updated = [each.text for each in feed.findall("a:entry/a:updated", namespace)]
    assert updated == ["2026-11-30T03:17:00+00:00", "2026-11-29T03:17:00+00:00"]
    assert len({each.text for each in feed.findall("a:entry/a:id", namespace)}) == 2
    posted = json.loads(publisher.posted[0])
    assert posted["update"]["release"] == "0123456789abcdef"
    assert line in posted["text"]
    mail = (tmp_path / "mail.eml").read_text("utf-8")
    assert "To: a@example.org" in mail
    assert "Subject: " in mail


def test_a_channel_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    channels = Channels(
        tmp_path / "news.txt", tmp_path / "none" / "news.xml", webhook="https://host:port"
    )
    feed, webhook = notify(REPORT, channels, tmp_path, "en")
    assert "news.xml" in str(feed)
    assert "host:port" in str(webhook)
    assert (tmp_path / "news.txt").is_file()


def test_the_feed_is_written_whatever_the_texts_hold(tmp_path: Path) -> None:
    news = SourceNews("scop", "failed", detail=Text("a\u2028b\u0085c", "a\u2028b\u0085c"))
    channels = Channels(feed=tmp_path / "news.xml")
    assert notify(replace(REPORT, news=[news]), channels, tmp_path, "fr") == []
    with (tmp_path / "updates.jsonl").open("a", encoding="utf-8") as history:
        history.write('{"moment": "cut off\n')
    assert notify(REPORT, channels, tmp_path, "fr") == []
    feed = ElementTree.parse(tmp_path / "news.xml").getroot()
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 2


def test_a_feed_keeps_its_id_and_shares_it_with_no_other(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.xml", "one.xml", "other.xml")]
    ids = []
    for path in paths:
        assert notify(REPORT, Channels(feed=path), tmp_path, "en") == []
        ids.append(
            [each.text for each in ElementTree.parse(path).iter() if each.tag.endswith("}id")]
        )
    first, again, other = ids
    assert first == again[: len(first)]
    assert not {*again} & {*other}
    paths[0].write_text("<feed", "utf-8")
    assert notify(REPORT, Channels(feed=paths[0]), tmp_path, "en") == []


def test_a_source_that_lost_half_is_put_aside_without_a_bound_of_its_own() -> None:
    counts = {"before": 10, "removed": 6, "refused": 0, "read": 4}
    (guard,) = source_difference._find_guards(Bounds(records_min=1), counts, 4, 10)
    assert "fewer than half of the 10" in guard.en
    assert list(source_difference._find_guards(Bounds(records_min=1), counts, 5, 10)) == []
