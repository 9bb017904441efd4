"""Files that a library gives up on: the answer says that it is the file, and in plain words."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from api.dependencies import AppConfig
from kg.sandbox.limits import MEGABYTE
from kg.sandbox.limits import JobLimits as CheckLimits
from tests.api.conftest import opened


@pytest.fixture(scope="module")
async def client(listed: Path) -> AsyncIterator[httpx.AsyncClient]:
    patient = CheckLimits(seconds=300)
    async with opened(AppConfig(listed, query_workers=1, check_limits=patient)) as one:
        yield one


def _with_entities() -> bytes:
    """A workbook whose sheet names an entity that its XML declares."""
    made, changed = io.BytesIO(), io.BytesIO()
    with Workbook(made) as book:
        book.add_worksheet("A").write_row(0, 0, ["id", "label_fr"])
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/sharedStrings.xml":
                data = data.replace(b"<sst", b'<!DOCTYPE x [<!ENTITY e "boom">]><sst', 1)
                data = data.replace(b"<t>id</t>", b"<t>&e;</t>")
            new.writestr(name, data)
    return changed.getvalue()


def _far() -> bytes:
    made = io.BytesIO()
    with Workbook(made) as book:
        sheet = book.add_worksheet("A")
        sheet.write_row(0, 0, ["id", "label_fr"])
        sheet.write(1_048_575, 16_383, " ")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.json", b'[{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}]", "100 levels"),
        ("t.json", b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "100 levels"),
        ("t.xlsx", _with_entities(), "no workbook that can be read"),
        ("t.xlsx", _far(), "XFD1048576"),
    ],
)
async def test_what_no_library_reads_is_the_fault_of_the_file(
    client: httpx.AsyncClient, name: str, content: bytes, words: str
) -> None:
    answer = await client.post("/validate?lang=en", files={"file": (name, content)})
    assert answer.status_code == 400
    assert words in answer.text


async def test_too_many_columns_are_too_much(listed: Path) -> None:
    limits = CheckLimits(seconds=300, memory=700 * MEGABYTE)
    wide = ",".join(f"c{n}" for n in range(20_000)).encode() + b"\n" + b"1," * 19_999 + b"1\n"
    async with opened(AppConfig(listed, query_workers=1, check_limits=limits)) as client:
        answer = await client.post("/validate?lang=en", files={"file": ("t.csv", wide)})
    assert answer.status_code == 422
    assert "Out of Memory" not in answer.text
