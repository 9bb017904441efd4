"""The processes of a server share what took the engine long, in a folder that goes with it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.conftest import ROOT, InstallationPaths, wait_for

COSTLY = (
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    "SELECT (COUNT(DISTINCT CONCAT(STR(?c), STR(?a))) AS ?n) { ?a skos:prefLabel ?c }"
)


def test_processes_find_it_once(
    national: InstallationPaths, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    address = start_server(national.data, workers=2, answers=tmp_path)
    headers = {"Cookie": "remember=no", "Accept": "text/csv"}
    answers = []
    for _ in range(12):  # each in a connection of its own, so that both processes are asked
        answer = httpx.get(
            f"{address}/sparql", params={"query": COSTLY}, headers=headers, timeout=60
        )
        answers.append((answer.status_code, answer.text))
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert int(answers[0][1].splitlines()[1]) > 30_000
    kept = [file for file in tmp_path.iterdir() if not file.suffix]
    assert len(kept) == 1
    assert kept[0].read_bytes().endswith(answers[0][1].encode())


def test_the_folder_goes_with_the_server(national: InstallationPaths, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if name[:3] != "KG_"}
    environment |= {"KG_DATA": str(national.data), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "kg.cli", "serve", "--port", str(port), "--workers", "2"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            (folder,) = tmp_path.glob("ess-kg-answers-*")
            assert folder.stat().st_mode & 0o077 == 0
        finally:
            process.terminate()
            process.wait(30)
    assert not folder.exists()
