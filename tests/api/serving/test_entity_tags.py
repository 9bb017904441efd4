"""ETags: one for each address and its bytes, of one release and one state of the code."""

from pathlib import Path

import httpx
import pytest

from api.serving import code_version, representation

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("path", ["/organisation/demo-labo", "/organisation"])
async def test_addresses_with_other_bytes_have_other_tags(
    client: httpx.AsyncClient, path: str
) -> None:
    plain = await client.get(path, headers=HTML)
    suffixed = await client.get(f"{path}.html", headers=HTML)
    assert plain.headers["etag"] != suffixed.headers["etag"]
    known = {"If-None-Match": plain.headers["etag"], **HTML}
    assert (await client.get(path, headers=known)).status_code == 304
    assert (await client.get(f"{path}.html", headers=known)).status_code == 200


async def test_a_copy_made_by_other_code_is_not_good(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await client.get("/organisation/demo-labo", headers=HTML)
    monkeypatch.setattr(representation, "get_code_version", lambda: "of other templates")
    known = {"If-None-Match": old.headers["etag"], **HTML}
    assert (await client.get("/organisation/demo-labo", headers=known)).status_code == 200


@pytest.mark.parametrize(
    "changed", ["kg/documents/assemble.py", "api/templates/base.html", "api/static/a.css"]
)
def test_the_fingerprint_follows_code_templates_and_style(tmp_path: Path, changed: str) -> None:
    for name in (
        "kg/documents/assemble.py",
        "api/templates/base.html",
        "api/static/a.css",
        "kg/iris.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    before = code_version.hash_source_files(tmp_path)
    assert code_version.hash_source_files(tmp_path) == before
    (tmp_path / changed).write_text("after")
    assert code_version.hash_source_files(tmp_path) != before
