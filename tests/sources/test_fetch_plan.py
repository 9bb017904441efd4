"""Fetch plans and recognition rules: all entries are parsed, and errors are reported."""

import tomllib
from datetime import date

import pytest

from kg.sources.fetch_plan import Interval, parse_fetch_plan
from kg.sources.recognition import parse_recognition


def parse(text: str):
    return parse_fetch_plan(tomllib.loads(text))


def test_a_file_is_called_as_its_address_unless_it_is_said() -> None:
    plan = parse('url = "https://example.org/a/les%20SCOP.csv?x=1"\nevery = "1 month"')
    assert plan is not None
    assert plan.files[0].file == "les-SCOP.csv"
    assert plan.every == Interval(1, "month")
    named = parse('url = "https://example.org/a"\nfile = "raw/scop.csv"\nsize_max = "1.5 MB"')
    assert named is not None
    assert (named.files[0].file, named.files[0].max_bytes) == ("scop.csv", 1_500_000)


def test_several_files_have_each_their_origin() -> None:
    plan = parse(
        '[files."a.csv"]\nurl = "https://example.org/a"\n'
        '[files."b.nt"]\nendpoint = "https://example.org/sparql"\nquery = "fetch/b.rq"\n'
        "pages = { size = 10 }\n"
    )
    assert plan is not None
    assert [each.file for each in plan.files] == ["a.csv", "b.nt"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('url = "ftp://example.org/a"', "no address of the web"),
        ('url = "file:///etc/passwd"', "no address of the web"),
        ('url = "https://example.org/"', "say how it is to be called"),
        ('url = "https://example.org/a"\nfile = "../x.csv"', "is no name of a file"),
        ('url = "https://example.org/a"\nfile = ".."', "is no name of a file"),
        ('url = "https://example.org/a"\nevery = "often"', "is no interval"),
        ('url = "https://example.org/a"\nsize_max = "big"', "is no size"),
        ('url = "https://example.org/a"\nsha256 = "12"', "is no SHA-256"),
        ('url = "https://example.org/a"\nurls = 1', "did you mean url?"),
        ('every = "1 day"', "neither url nor endpoint"),
        ('endpoint = "https://example.org/s"', "CONSTRUCT query"),
        ('endpoint = "https://example.org/s"\nquery = "a.rq"', "into a folder of the source"),
        ('url = "https://example.org/a"\npages = { size = 3 }', "say either"),
        (
            'url = "https://example.org/a"\nfile = "a.xml"\npages = { parameter = "start" }',
            "those of XML go by number",
        ),
        ('url = "https://example.org/a"\nfile = "a.csv"\npages = { next = "n" }', "or XML"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        parse(text)


@pytest.mark.parametrize(
    ("number", "unit", "day", "then"),
    [
        (1, "month", "2026-01-31", "2026-02-28"),
        (2, "week", "2026-12-25", "2027-01-08"),
        (1, "year", "2024-02-29", "2025-02-28"),
        (10, "day", "2026-11-29", "2026-12-09"),
    ],
)
def test_an_interval_ends_on_a_day_that_there_is(
    number: int, unit: str, day: str, then: str
) -> None:
    assert Interval(number, unit).add_to(date.fromisoformat(day)).isoformat() == then


def test_a_format_is_recognised_by_all_of_its_features() -> None:
    scop = parse_recognition({"headings": ["Numéro SIREN", "Collège"]})
    assert scop is not None
    assert scop.count_features(["numero_siren", "COLLEGE", "x"], [], [], {}) == 2
    assert scop.count_features(["numero_siren"], [], [], {}) == 0
    rna = parse_recognition({"headings": ["id"], "values": {"id": "W[0-9]"}})
    assert rna is not None
    assert rna.count_features(["ID"], [], [], {"ID": ["W751000001", "W595000002"]}) == 2
    assert rna.count_features(["ID"], [], [], {"ID": ["1", "2"]}) == 0
    with pytest.raises(ValueError, match="no list of texts"):
        parse_recognition({"headings": "siren"})
