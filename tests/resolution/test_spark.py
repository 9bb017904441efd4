"""The comparison of records on Spark: the same settings give the same weights as on DuckDB."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import splink

from kg.resolution.features import build_table
from kg.resolution.linking import ASSUMED_COUNTS, predict_pairs, score_records
from kg.resolution.pairs import DescribedRecord
from tests.resolution.test_resolution import RECORDS

sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (pip install pyspark)")
LEAST = -30.0
DATED = [
    DescribedRecord(f"organisation/{name}", name[0], "organisation", ["Moulin Neuf"], founded=day)
    for name, day in (("x-1", "2019-05-17"), ("y-1", "2019-05-17"), ("y-2", "2019-06-02"))
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on this machine")
    # functions that Splink compares texts with are in an archive of its own
    archive = next(Path(splink.__file__).parent.rglob("*.jar"))
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.jars", str(archive))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.default.parallelism", "2")
        .getOrCreate()
    )
    session.sparkContext.setCheckpointDir(str(tmp_path_factory.mktemp("checkpoints")))
    yield session
    session.stop()


def weigh(rows: Iterable[Any]) -> dict[tuple[str, str], float]:
    return {(min(a, b), max(a, b)): round(weight, 4) for a, b, weight in rows}


# py4j leaves connections open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_weight_is_that_of_duckdb(spark: Any, tmp_path: Path) -> None:
    from splink.internals.spark.database_api import SparkAPI  # it needs pyspark

    columns = "unique_id_l, unique_id_r, match_weight"
    tables = {"blocked_0", *(f"frequency_{column}" for column in ASSUMED_COUNTS)}
    with duckdb.connect() as db:
        db.register("batch", build_table([*RECORDS, *DATED]))
        db.execute("CREATE TABLE record AS FROM batch")
        scored = score_records(db, "record", (), LEAST)
        expected = weigh(db.execute(f"SELECT {columns} FROM {scored}").fetchall())
        for table in tables:
            db.execute(f"COPY {table} TO '{tmp_path / table}.parquet'")
    frames = {table: spark.read.parquet(str(tmp_path / f"{table}.parquet")) for table in tables}
    found = predict_pairs(
        SparkAPI(spark_session=spark, num_partitions_on_repartition=2),
        {"": frames["blocked_0"]},
        {column: frames[f"frequency_{column}"] for column in ASSUMED_COUNTS},
        LEAST,
    )
    told = found.as_spark_dataframe().select(*columns.split(", ")).collect()
    assert len(expected) >= 6
    assert weigh(told) == expected
