"""An installation of two sources that have things in common, not always with a number to say so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg import pipeline
from kg.cli.main import app
from kg.installation import InstallationPaths
from kg.release_layout import Release
from kg.resolution.queue import QUEUE_FILE, QueuedPair, read_queue

ROOT = Path(__file__).parents[2]
SOURCE = """\
name = "{name}"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "2026-01-15"

[title]
fr = "{name}"

[description]
fr = "Quelques fiches inventées pour les tests."

[publisher]
fr = "ess-kg"
"""
MEMBERS = """\
id,label_fr,kind,territory,homepage
siren-552100554,Les Jardins du Nord,association,territory/commune-59350,
members-amis,Les Amis de Saint-Malo,association,territory/commune-35288,https://amis.example.org
members-thunken,Thunken,cooperative,,
members-roue,La Roue Libre,association,territory/commune-69123,
"""
REGISTER = """\
id,label_fr,territory,founded_on
siren-552100554,LES JARDINS DU NORD,territory/commune-59350,2001-03-02
siren-443061841,ASSOCIATION LES AMIS DE ST MALO,territory/commune-35288,1998-05-01
siren-732829320,THUNKEN SCOP,territory/commune-59350,2010-01-01
siren-130025265,THUNKEN SARL,territory/commune-69123,2012-01-01
siren-356000000,ASS ROUE LIBRE,territory/commune-69123,2005-01-01
"""
TERRITORIES = """\
id,label_fr,kind,code
commune-59350,Lille,commune,59350
commune-35288,Saint-Malo,commune,35288
commune-69123,Lyon,commune,69123
"""

AMIS = ("organisation/members-amis", "organisation/siren-443061841")
ROUE = ("organisation/members-roue", "organisation/siren-356000000")
THUNKEN_LYON = ("organisation/members-thunken", "organisation/siren-130025265")
THUNKEN_LILLE = ("organisation/members-thunken", "organisation/siren-732829320")

Command = Callable[..., str]


def fill(data: Path, model: Path) -> InstallationPaths:
    """Members of a network, some without their SIREN, beside a register that has it."""
    for name, tables in {
        "members": {"organisations": MEMBERS, "territories": TERRITORIES},
        "register": {"organisations": REGISTER},
    }.items():
        folder = data / "sources" / name / "tables"
        folder.mkdir(parents=True)
        (folder.parent / "source.toml").write_text(SOURCE.format(name=name))
        for table, text in tables.items():
            (folder / f"{table}.csv").write_text(text)
    return InstallationPaths(data, model)


@pytest.fixture(scope="session")
def run() -> Command:
    """`run(places, "resolve", …)`: what a command prints; it has to succeed."""

    def run_command(places: InstallationPaths, *words: str, typed: str = "") -> str:
        environment = {"KG_DATA": str(places.data), "KG_MODEL": str(places.model)}
        result = CliRunner().invoke(
            app, list(words), env=environment, input=typed, catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result.output

    return run_command


@dataclass(frozen=True)
class Settled:
    """An installation whose pairs were compared and judged, and its release after that."""

    places: InstallationPaths
    release: Release
    queue: dict[tuple[str, str], QueuedPair]


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory, small_model: Path, run: Command) -> Settled:
    places = fill(tmp_path_factory.mktemp("resolve") / "data", small_model)
    pipeline.build(places)
    run(places, "resolve")
    queue = {(p.left, p.right): p for p in read_queue(places.data / QUEUE_FILE)}
    run(
        places, "resolve", "--accept", queue[AMIS].id, "--refuse", queue[THUNKEN_LYON].id,
        "--by", "ana", "--why", "seen on its site",
    )  # fmt: skip
    return Settled(places, pipeline.build(places).release, queue)
