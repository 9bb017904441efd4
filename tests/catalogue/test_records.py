"""Records, labels, moved and withdrawn ones; the file itself."""

import sqlite3
import threading
from pathlib import Path

import pytest

from kg.catalogue.read import Catalogue
from kg.catalogue.schema import open_frozen
from kg.iris import concept, record
from kg.kinds import Text
from tests.catalogue.graphs import write


def test_a_record_has_what_every_source_says(catalogue: Catalogue) -> None:
    item = catalogue.entity("organisation", "alpha-maison")
    assert item is not None
    assert item.label == Text("Maison des sciences", "Maison des sciences")
    assert item.sources == ("alpha", "beta")
    assert item.begins == "2005-01-01"
    assert (item.latitude, item.longitude) == (50.64, 3.06)
    assert item.cells["description_fr"] == ['Accueille des séminaires ; "citée" deux fois.']
    assert item.cells["read_at"] == ["1,9", "10,31"]
    assert not item.inferred


def test_what_no_source_states_is_inferred(catalogue: Catalogue) -> None:
    item = catalogue.entity("organisation", "alpha-vieille")
    assert item is not None
    assert item.inferred


def test_a_record_that_is_not_there(catalogue: Catalogue) -> None:
    assert catalogue.entity("organisation", "nobody") is None
    assert catalogue.entity("person", "alpha-maison") is None


def test_labels_of_records_and_codes(catalogue: Catalogue) -> None:
    wanted = [
        record("topic", "communs"),
        concept("event-kind", "seminar"),
        record("topic", "nothing"),
        "https://elsewhere.example/",
    ]
    assert catalogue.labels(wanted) == {
        wanted[0]: Text("biens communs", "commons"),
        wanted[1]: Text("Séminaire", "Seminar"),
    }
    assert catalogue.labels([]) == {}


def test_moved_and_gone(catalogue: Catalogue) -> None:
    assert catalogue.moved(record("organisation", "vieux")) == record(
        "organisation", "alpha-maison"
    )
    assert catalogue.moved(record("organisation", "alpha-maison")) is None
    assert catalogue.is_gone(record("person", "parti")) == "2026-01-01"
    assert catalogue.is_gone(record("person", "alpha-camille")) is None


def test_events_known_to_the_day_are_told_from_the_others(catalogue: Catalogue) -> None:
    assert catalogue.total("event") == 6
    assert catalogue.total("event", valued="day") == 3
    assert catalogue.total("place", valued="latitude") == 2


def test_the_same_graph_gives_the_same_file(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.sqlite"), write(tmp_path / "other.sqlite")
    assert one.read_bytes() == other.read_bytes()


def test_a_frozen_file_cannot_be_written(tmp_path: Path) -> None:
    file = open_frozen(write(tmp_path / "catalogue.sqlite"))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        file.execute("DELETE FROM entity")
    file.close()


def test_threads_read_at_the_same_time(catalogue: Catalogue) -> None:
    seen: list[int] = []

    def read() -> None:
        for _ in range(20):
            seen.append(catalogue.list("event").total)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [6] * 80


def test_a_stream_begun_in_one_thread_goes_on_in_another(catalogue: Catalogue) -> None:
    stream = catalogue.every("territory")
    rest: list[str] = [next(stream).key]
    thread = threading.Thread(target=lambda: rest.extend(item.key for item in stream))
    thread.start()
    thread.join()
    assert len(rest) == 9
