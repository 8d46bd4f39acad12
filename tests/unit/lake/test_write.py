"""A Delta table takes each batch once, whoever repeats it, and grows with its contract; its log counts its rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from streams.lake.read import counts
from streams.lake.tables import LAYERS, table_uri
from streams.lake.upkeep import compact, remove
from streams.lake.write import File, commit_once, ensure_table, write_file
from streams.settings import Settings

TOPIC = "city.hotline.ticket.v1"
SCHEMA = pa.schema([("kafka_partition", pa.int32()), ("kafka_offset", pa.int64()), ("event_date", pa.date32())])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings.load({"CITYBRAIN_HOME": str(tmp_path)})
    for layer in LAYERS:
        ensure_table(made, layer, TOPIC, SCHEMA)
    return made


def file(settings: Settings, *numbers: int, layer: str = "silver") -> File:
    rows = {
        "kafka_partition": [0] * len(numbers),
        "kafka_offset": numbers,
        "event_date": [date(2026, 3, 1)] * len(numbers),
    }
    kinds = {"kafka_partition": pl.Int32, "kafka_offset": pl.Int64, "event_date": pl.Date}
    return write_file(settings, layer, TOPIC, pl.DataFrame(rows, schema=kinds))


def offsets(settings: Settings, layer: str = "silver") -> list[int]:
    table = DeltaTable(table_uri(settings, layer, TOPIC)).to_pyarrow_table()
    return sorted(table["kafka_offset"].to_pylist())


def commit(settings: Settings, name: str, version: int, *files: File) -> bool:
    return commit_once(settings, "silver", TOPIC, files, name, version)


def test_a_batch_that_is_done_again_adds_nothing(settings: Settings) -> None:
    assert commit(settings, "lake-a", 0, file(settings, 1, 2))
    assert commit(settings, "lake-a", 1, file(settings, 3))
    for version in (0, 1):
        assert not commit(settings, "lake-a", version, file(settings, 1, 2, 3))
    assert offsets(settings) == [1, 2, 3]


def test_another_checkpoint_counts_its_batches_from_the_start(settings: Settings) -> None:
    commit(settings, "lake-a", 7, file(settings, 1))
    assert commit(settings, "lake-b", 0, file(settings, 2))
    assert offsets(settings) == [1, 2]


def test_files_of_several_tasks_are_one_commit_and_a_file_without_one_is_no_row(settings: Settings) -> None:
    file(settings, 99)  # of a task that died
    assert commit(settings, "lake-a", 0, file(settings, 1), file(settings, 2))
    assert offsets(settings) == [1, 2]
    assert DeltaTable(table_uri(settings, "silver", TOPIC)).version() == 1


def test_a_new_column_is_null_in_older_rows(settings: Settings) -> None:
    commit(settings, "lake-a", 0, file(settings, 1))
    ensure_table(settings, "silver", TOPIC, SCHEMA.append(pa.field("colour", pa.string())))
    ensure_table(settings, "silver", TOPIC, SCHEMA.append(pa.field("colour", pa.string())))
    table = DeltaTable(table_uri(settings, "silver", TOPIC))
    assert table.to_pyarrow_table().to_pydict()["colour"] == [None]
    assert table.version() == 2, "made, filled, grown once"


def test_rows_are_counted_by_the_log_and_no_file_is_opened(settings: Settings) -> None:
    commit(settings, "lake-a", 0, file(settings, 1, 2), file(settings, 3))
    for path in Path(table_uri(settings, "silver", TOPIC)).glob("*.parquet"):
        path.write_bytes(b"")
    assert counts(settings)[TOPIC].silver == 3


def test_many_small_files_become_one_with_the_same_rows(settings: Settings) -> None:
    for number in range(8):
        commit(settings, "lake-a", number, file(settings, number))
    assert compact(settings, TOPIC) == 8
    assert offsets(settings) == list(range(8))
    assert len(DeltaTable(table_uri(settings, "silver", TOPIC)).file_uris()) == 1
    assert counts(settings)[TOPIC].silver == 8


def test_rows_that_are_taken_out_leave_the_others_and_the_count(settings: Settings) -> None:
    commit(settings, "lake-a", 0, file(settings, *range(10)))
    removed = remove(settings, TOPIC, "kafka_partition = 0 and kafka_offset between 2 and 4")
    assert removed == {"bronze": 0, "silver": 3}
    assert offsets(settings) == [0, 1, 5, 6, 7, 8, 9]
    assert counts(settings)[TOPIC].silver == 7
