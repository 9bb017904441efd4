"""The file of the statements of each subject: written, packed, found again."""

import sqlite3
import threading
from pathlib import Path

import pytest

from kg.sparql import subject_index
from kg.sparql.subject_index import MAX_PART_BYTES, MAX_PARTS, GraphStatements, SubjectIndex

PARTS = [
    GraphStatements("urn:a", "urn:g:1", ["<urn:p> <urn:b>", '<urn:q> "é\\n"@fr']),
    GraphStatements("urn:b", "urn:g:1", ['<urn:p> "b"']),
    GraphStatements("urn:a", "urn:g:2", ['<urn:q> "é\\n"@fr', '<urn:q> "other"']),
]


def written(
    path: Path, parts: list[GraphStatements], samples: list[GraphStatements] | None = None
) -> SubjectIndex:
    subject_index.write_subject_index(path, parts, parts if samples is None else samples)
    return SubjectIndex(path)


def test_what_each_graph_says(tmp_path: Path) -> None:
    file = written(tmp_path / "file", PARTS)
    assert file.find_parts("urn:a") == [PARTS[0], PARTS[2]]
    assert file.find_parts("urn:b") == [PARTS[1]]
    assert file.find_parts("urn:c") == []


def test_what_two_graphs_say_is_said_once(tmp_path: Path) -> None:
    file = written(tmp_path / "file", PARTS)
    assert list(file.find_statements("urn:a") or ()) == [*PARTS[0].statements, '<urn:q> "other"']
    assert list(file.find_statements("urn:c") or ()) == []


@pytest.mark.parametrize("many", [0, 1, 5000])
def test_any_number_of_samples(tmp_path: Path, many: int) -> None:
    parts = [
        GraphStatements(f"urn:{n}", "urn:g", [f'<urn:p> "value {n} of many"']) for n in range(many)
    ]
    file = written(tmp_path / "file", [*PARTS, *parts], parts)
    assert file.find_parts("urn:b") == [PARTS[1]]
    assert all(file.find_parts(part.subject) == [part] for part in parts[::100])


def test_what_records_have_in_common_is_kept_once(tmp_path: Path) -> None:
    common = "of which there is a lot to tell, always in the same words" * 5
    parts = [
        GraphStatements(f"urn:{n}", "urn:g", [f'<urn:p> "{n} {common}"']) for n in range(10_000)
    ]
    written(tmp_path / "packed", parts)
    written(tmp_path / "plain", parts, [])
    sizes = [(tmp_path / name).stat().st_size for name in ("packed", "plain")]
    assert sizes[0] < 0.6 * sizes[1]


def test_the_same_parts_give_the_same_file(tmp_path: Path) -> None:
    parts = [GraphStatements(f"urn:{n}", "urn:g", [f'<urn:p> "{n % 17}"']) for n in range(2000)]
    for name in ("one", "other"):
        written(tmp_path / name, parts)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_what_is_long_is_not_kept(tmp_path: Path) -> None:
    within = GraphStatements("urn:a", "urn:g", [f'<urn:p> "{"x" * (MAX_PART_BYTES - 100)}"'])
    beyond = GraphStatements("urn:b", "urn:g", [f'<urn:p> "{"x" * MAX_PART_BYTES}"'])
    file = written(tmp_path / "file", [within, beyond])
    assert file.find_parts("urn:a") == [within]
    assert file.find_parts("urn:b") is None
    assert file.find_statements("urn:b") is None


def test_what_many_graphs_say_is_not_read(tmp_path: Path) -> None:
    parts = [
        GraphStatements("urn:a", f"urn:g:{n}", ["<urn:p> <urn:b>"]) for n in range(MAX_PARTS + 1)
    ]
    assert written(tmp_path / "file", parts).find_parts("urn:a") is None
    assert written(tmp_path / "less", parts[1:]).find_parts("urn:a") == parts[1:]


def test_two_subjects_with_one_number_are_told_apart(tmp_path: Path) -> None:
    file = written(tmp_path / "file", PARTS)
    with sqlite3.connect(tmp_path / "file") as opened:
        opened.execute("UPDATE said SET subject = ?", (subject_index._hash_subject("urn:a"),))
    assert file.find_parts("urn:a") == [PARTS[0], PARTS[2]]


def test_it_is_read_from_several_threads(tmp_path: Path) -> None:
    file = written(tmp_path / "file", PARTS)
    found = list[object]()
    threads = [
        threading.Thread(target=lambda: found.extend(file.find_parts("urn:b") for _ in range(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[PARTS[1]]] * 800


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_another_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(OSError, match="no file of subjects"):
        SubjectIndex(tmp_path / "file").check()


def test_what_is_damaged_is_left_to_the_engine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path / "file", PARTS)
    with sqlite3.connect(tmp_path / "file") as opened:
        opened.execute("UPDATE said SET part = X'00'")
    assert file.find_parts("urn:a") is None
    assert "cannot be read" in caplog.text
