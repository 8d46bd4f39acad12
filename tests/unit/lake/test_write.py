"""A Delta table takes each batch once, whoever repeats it, and grows with its contract."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from streams.lake.tables import table_uri
from streams.lake.write import append_once
from streams.settings import Settings

TOPIC = "city.hotline.ticket.v1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"CITYBRAIN_HOME": str(tmp_path)})


def rows(*numbers: int) -> pa.Table:
    return pa.table({"kafka_offset": pa.array(numbers, pa.int64())})


def offsets(settings: Settings) -> list[int]:
    table = DeltaTable(table_uri(settings, "silver", TOPIC)).to_pyarrow_table()
    return sorted(table["kafka_offset"].to_pylist())


def test_a_batch_that_is_done_again_adds_nothing(settings: Settings) -> None:
    assert append_once(settings, "silver", TOPIC, rows(1, 2), "lake-a", 0)
    assert append_once(settings, "silver", TOPIC, rows(3), "lake-a", 1)
    for version in (0, 1):
        assert not append_once(settings, "silver", TOPIC, rows(1, 2, 3), "lake-a", version)
    assert offsets(settings) == [1, 2, 3]


def test_another_checkpoint_counts_its_batches_from_the_start(settings: Settings) -> None:
    append_once(settings, "silver", TOPIC, rows(1), "lake-a", 7)
    assert append_once(settings, "silver", TOPIC, rows(2), "lake-b", 0)
    assert offsets(settings) == [1, 2]


def test_a_batch_without_rows_is_remembered_too(settings: Settings) -> None:
    assert append_once(settings, "silver", TOPIC, rows(), "lake-a", 0)
    assert not append_once(settings, "silver", TOPIC, rows(1), "lake-a", 0)
    assert offsets(settings) == []


def test_a_new_column_is_null_in_older_rows(settings: Settings) -> None:
    append_once(settings, "silver", TOPIC, rows(1), "lake-a", 0)
    append_once(settings, "silver", TOPIC, rows(2).append_column("colour", pa.array(["blue"])), "lake-a", 1)
    table = DeltaTable(table_uri(settings, "silver", TOPIC)).to_pyarrow_table()
    assert sorted(table.to_pydict()["colour"], key=str) == [None, "blue"]
