"""Catalogue records, labels, moves, withdrawals, and the file itself."""

import sqlite3
import threading
from pathlib import Path

import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.schema import open_read_only
from kg.iris import build_concept_iri, build_record_iri
from kg.kinds import Text
from tests.catalogue.graphs import write


def test_a_record_has_the_values_of_all_sources(catalogue: Catalogue) -> None:
    item = catalogue.find_entity("organisation", "alpha-maison")
    assert item is not None
    assert item.label == Text("Maison des sciences", "Maison des sciences")
    assert item.sources == ("alpha", "beta")
    assert item.begins == "2005-01-01"
    assert (item.latitude, item.longitude) == (50.64, 3.06)
    assert item.cells["description_fr"] == ['Accueille des séminaires ; "citée" deux fois.']
    assert item.cells["read_at"] == ["1,9", "10,31"]
    assert not item.inferred


def test_records_without_a_source_are_inferred(catalogue: Catalogue) -> None:
    item = catalogue.find_entity("organisation", "alpha-vieille")
    assert item is not None
    assert item.inferred


def test_an_unknown_record_is_none(catalogue: Catalogue) -> None:
    assert catalogue.find_entity("organisation", "nobody") is None
    assert catalogue.find_entity("person", "alpha-maison") is None


def test_labels_of_records_and_codes_are_read(catalogue: Catalogue) -> None:
    wanted = [
        build_record_iri("topic", "communs"),
        build_concept_iri("event-kind", "seminar"),
        build_record_iri("topic", "nothing"),
        "https://elsewhere.example/",
    ]
    assert catalogue.read_labels(wanted) == {
        wanted[0]: Text("biens communs", "commons"),
        wanted[1]: Text("Séminaire", "Seminar"),
    }
    assert catalogue.read_labels([]) == {}


def test_moves_and_withdrawals_are_read(catalogue: Catalogue) -> None:
    assert catalogue.find_replacement(
        build_record_iri("organisation", "vieux")
    ) == build_record_iri("organisation", "alpha-maison")
    assert catalogue.find_replacement(build_record_iri("organisation", "alpha-maison")) is None
    assert catalogue.find_withdrawal_date(build_record_iri("person", "parti")) == "2026-01-01"
    assert catalogue.find_withdrawal_date(build_record_iri("person", "alpha-camille")) is None


def test_events_known_to_the_day_are_counted(catalogue: Catalogue) -> None:
    assert catalogue.count_list("event") == 6
    assert catalogue.count_list("event", valued="day") == 3
    assert catalogue.count_list("place", valued="latitude") == 2


def test_the_same_graph_gives_the_same_file(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.sqlite"), write(tmp_path / "other.sqlite")
    assert one.read_bytes() == other.read_bytes()


def test_a_frozen_file_cannot_be_written(tmp_path: Path) -> None:
    file = open_read_only(write(tmp_path / "catalogue.sqlite"))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        file.execute("DELETE FROM entity")
    file.close()


def test_threads_read_concurrently(catalogue: Catalogue) -> None:
    seen: list[int] = []

    def read() -> None:
        for _ in range(20):
            seen.append(catalogue.read_page("event").total)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [6] * 80


def test_a_stream_can_move_to_another_thread(catalogue: Catalogue) -> None:
    stream = catalogue.iterate_list("territory")
    rest: list[str] = [next(stream).key]
    thread = threading.Thread(target=lambda: rest.extend(item.key for item in stream))
    thread.start()
    thread.join()
    assert len(rest) == 9
