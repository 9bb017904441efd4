"""Files brought over real HTTP, and what a publisher's server may do on the way."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from kg.errors import FetchError
from kg.fetching import FetchedSource, fetch_source, read_fetch_state, stage_source
from kg.sources import Source, read_source_description
from kg.sources.fetched_files import read_fetched_files
from tests.fetching.conftest import Describe
from tests.fetching.publisher import Publisher

CSV = b"siren,denomination\n" + b"".join(b"%09d,Structure %d\n" % (n, n) for n in range(4000))


def fetch(source: Source) -> FetchedSource:
    folder = source.folder.parents[1] / "fetches" / source.name
    return fetch_source(source, folder, wait=lambda _: None)


def raw(source: Source, name: str = "a.csv") -> Path:
    return source.folder / "raw" / name


def test_a_file_is_brought_once_and_asked_for_conditionally(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    source = describe(f'url = "{publisher.address}/a.csv"')
    assert [file.status for file in fetch(source).files] == ["new"]
    assert raw(source).read_bytes() == CSV
    noted = read_fetched_files(source.folder)["a.csv"]
    assert (noted.sha256, noted.bytes) == (hashlib.sha256(CSV).hexdigest(), len(CSV))
    assert read_source_description(source.folder).retrieved == noted.retrieved
    about = (source.folder / "fetched.json").read_bytes()

    assert [file.status for file in fetch(source).files] == ["unchanged"]
    assert publisher.get_header("if-none-match") == ["", noted.etag]
    assert (source.folder / "fetched.json").read_bytes() == about

    publisher.files["/a.csv"] = CSV.replace(b"Structure 7\n", b"Le Sept\n")
    assert [file.status for file in fetch(source).files] == ["changed"]
    assert b"Le Sept" in raw(source).read_bytes()


def test_a_file_that_was_edited_by_hand_is_brought_again(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch(source)
    raw(source).write_bytes(b"by hand")
    assert [file.status for file in fetch(source).files] == ["changed"]
    assert publisher.get_header("if-none-match") == ["", ""]


def test_what_broke_off_goes_on_where_it_was(publisher: Publisher, describe: Describe) -> None:
    publisher.files["/a.csv"] = CSV
    publisher.breaks_after = [30_000, 10_000]
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch(source)
    assert raw(source).read_bytes() == CSV
    assert publisher.get_header("range")[1:] == ["bytes=30000-", "bytes=40000-"]


def test_it_goes_on_in_another_run_and_nothing_changes_before(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch(source)
    publisher.files["/a.csv"] = fresh = CSV + b"999999999,La Nouvelle\n"
    publisher.breaks_after = [20_000] * 4
    with pytest.raises(FetchError, match="80,000 bytes received are kept"):
        fetch(source)
    assert raw(source).read_bytes() == CSV
    fetch(source)
    assert raw(source).read_bytes() == fresh
    assert publisher.get_header("range")[-1] == "bytes=80000-"


def test_a_part_of_another_version_is_not_gone_on_with(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    publisher.breaks_after = [20_000] * 4
    source = describe(f'url = "{publisher.address}/a.csv"')
    with pytest.raises(FetchError):
        fetch(source)
    publisher.files["/a.csv"] = fresh = CSV.replace(b"Structure", b"Association")
    fetch(source)
    assert raw(source).read_bytes() == fresh


def test_a_server_without_ranges_gives_all_of_it_again(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"], publisher.ignores_ranges = CSV, True
    publisher.breaks_after = [30_000]
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch(source)
    assert raw(source).read_bytes() == CSV


def test_a_checksum_that_differs_leaves_what_was_there(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    digest = hashlib.sha256(CSV).hexdigest()
    source = describe(f'url = "{publisher.address}/a.csv"\nsha256 = "{digest}"')
    fetch(source)
    publisher.files["/a.csv"] = CSV + b"damaged"
    with pytest.raises(FetchError, match="has the SHA-256"):
        fetch(source)
    assert raw(source).read_bytes() == CSV


def test_a_busy_server_is_asked_again(publisher: Publisher, describe: Describe) -> None:
    publisher.files["/a.csv"], publisher.statuses = CSV, [503, 429]
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch(source)
    assert len(publisher.asked) == 3
    publisher.statuses = [503] * 4
    with pytest.raises(FetchError, match="it is busy"):
        fetch(source)


def test_redirects_stay_in_the_web(
    publisher: Publisher, describe: Describe, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(CSV)
    publisher.files["/a.csv"] = CSV
    publisher.redirects = {"/old.csv": "/a.csv", "/out": secret.as_uri(), "/round": "/round"}
    fetch(describe(f'url = "{publisher.address}/old.csv"\nfile = "a.csv"'))
    with pytest.raises(FetchError, match="no address of the web"):
        fetch(describe(f'url = "{publisher.address}/out"\nfile = "a.csv"'))
    with pytest.raises(FetchError, match="more than 10 times"):
        fetch(describe(f'url = "{publisher.address}/round"\nfile = "a.csv"'))


def test_a_key_is_of_the_environment_and_stays_with_its_host(
    publisher: Publisher, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.files["/a.csv"] = CSV
    elsewhere = publisher.address.replace("127.0.0.1", "localhost")
    publisher.redirects["/moved"] = f"{elsewhere}/a.csv"
    fetch_entries = 'file = "a.csv"\nheaders = { "X-Key" = "env:ANNUAIRE_KEY" }\nurl = '
    with pytest.raises(FetchError, match="ANNUAIRE_KEY, which is not set"):
        fetch(describe(f'{fetch_entries}"{publisher.address}/moved"'))
    monkeypatch.setenv("ANNUAIRE_KEY", "s3cret")
    fetch(describe(f'{fetch_entries}"{publisher.address}/moved"'))
    assert publisher.get_header("x-key") == ["s3cret", ""]


@pytest.mark.parametrize(
    ("body", "entries", "said"),
    [
        (CSV, 'size_max = "1 kB"', "larger than 0.001 MB"),
        (b"", "", "is empty"),
        (b"<html>sign in</html>", "", "gives a web page"),
        (None, "", "answers 404 Not Found; its publisher has moved it"),
    ],
)
def test_what_is_no_file_is_not_taken(
    publisher: Publisher, describe: Describe, body: bytes | None, entries: str, said: str
) -> None:
    if body is not None:
        publisher.files["/a.csv"] = body
    if body and body.startswith(b"<html"):
        publisher.types["/a.csv"] = "text/html; charset=utf-8"
    source = describe(f'url = "{publisher.address}/a.csv"\n{entries}')
    with pytest.raises(FetchError, match=said):
        fetch(source)
    assert not raw(source).exists()
    assert read_fetch_state(source.folder.parents[1] / "fetches" / "annuaire").checked == ""


def test_the_file_wanted_is_taken_out_of_an_archive(
    publisher: Publisher, describe: Describe
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("data/units.csv", CSV)
        opened.writestr("readme.txt", "…")
    publisher.files["/a.zip"] = archive.getvalue()
    source = describe(f'url = "{publisher.address}/a.zip"\nfile = "a.csv"\nmember = "*.csv"')
    fetch(source)
    assert raw(source).read_bytes() == CSV
    assert [file.status for file in fetch(source).files] == ["unchanged"]
    with pytest.raises(FetchError, match=r"2 files of the archive are called '\*'"):
        fetch(describe(f'url = "{publisher.address}/a.zip"\nfile = "b.csv"\nmember = "*"'))


def test_of_two_files_none_is_put_in_place_before_both_are_there(
    publisher: Publisher, describe: Describe
) -> None:
    publisher.files["/a.csv"] = CSV
    entries = "".join(
        f'[fetch.files."{n}.csv"]\nurl = "{publisher.address}/{n}.csv"\n' for n in "ab"
    )
    source = describe(entries)
    with pytest.raises(FetchError, match="404"):
        fetch(source)
    assert not raw(source).exists()
    publisher.files["/b.csv"] = CSV
    assert [file.status for file in fetch(source).files] == ["new", "new"]


def test_a_file_of_this_machine_takes_its_place(
    publisher: Publisher, describe: Describe, tmp_path: Path
) -> None:
    local = tmp_path / "download (3).csv"
    local.write_bytes(CSV)
    source = describe(f'url = "{publisher.address}/a.csv"')
    fetch_source(source, tmp_path / "fetches", local=local)
    assert raw(source).read_bytes() == CSV
    assert not publisher.asked


def test_two_processes_do_not_fetch_a_source_at_once(
    publisher: Publisher, describe: Describe, tmp_path: Path
) -> None:
    publisher.files["/a.csv"] = CSV
    source = describe(f'url = "{publisher.address}/a.csv"')
    with (
        stage_source(source, tmp_path / "fetches"),
        pytest.raises(FetchError, match="another process"),
    ):
        fetch_source(source, tmp_path / "fetches")


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ("next", '{ next = "links.next", records = "data.items" }'),
        ("page", '{ parameter = "page" }'),
        ("offset", '{ parameter = "offset", first = 0, step = 3 }'),
        (
            "cursor",
            '{ parameter = "cursor", first = "*", cursor = "next", records = "response.docs" }',
        ),
        (
            "values",
            '{ parameter = "after[]", first = "", cursor = "after", records = "events" }',
        ),
    ],
)
def test_the_pages_of_an_api_are_one_file(
    publisher: Publisher, describe: Describe, path: str, pages: str
) -> None:
    source = describe(f'url = "{publisher.address}/api/{path}"\npages = {pages}')
    fetch(source)
    lines = raw(source, f"{path}.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(7))
    assert [file.status for file in fetch(source).files] == ["unchanged"]


@pytest.mark.parametrize(
    ("path", "pages", "said"),
    [
        ("circle", '{ next = "next" }', "go round in a circle"),
        ("next", '{ next = "links.next" }', "The page has: data, links"),
        ("page", '{ parameter = "page", max = 2 }', "more than 2 pages"),
        ("a.csv", '{ parameter = "page" }', "answers 404"),
    ],
)
def test_pages_that_do_not_end_or_have_no_records_are_told(
    publisher: Publisher, describe: Describe, path: str, pages: str, said: str
) -> None:
    prefix = "" if "." in path else "/api"
    entries = f'url = "{publisher.address}{prefix}/{path}"\npages = {pages}'
    source = describe(entries)
    with pytest.raises(FetchError, match=said):
        fetch(source)
    assert not (source.folder / "raw").exists()
