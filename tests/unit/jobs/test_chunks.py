"""Between Spark and a task: whole records in, a few rows out, and a server that is away is said, not raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pytest

from streams.errors import CityBrainError
from streams.jobs.chunks import _task
from streams.jobs.lake import TOLD
from streams.jobs.land import COUNTS
from tests.fixtures.records import event, frame_of

COLUMNS = {"topic": "string", "partition": "int", "records": "bigint"}


def batches(count: int = 2) -> list[pa.RecordBatch]:
    """As Spark gives them: plain strings, timestamps with a zone."""
    made = frame_of([event(data={"case_id": f"C{number}"}) for number in range(3)])
    table = made.with_columns(pl.col("timestamp").dt.replace_time_zone("UTC")).to_arrow()
    return table.to_batches() * count


def told(work: Any, columns: dict[str, str], given: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(list(_task(work, columns)(iter(given))))


def test_a_task_tells_rows_of_plain_arrow_types() -> None:
    def work(frames: Iterator[pl.DataFrame]) -> Iterator[tuple[Any, ...]]:
        for frame in frames:
            yield frame["topic"][0], frame["partition"][0], frame.height

    found = told(work, COLUMNS, batches())
    kinds = {"topic": pa.string(), "partition": pa.int32(), "records": pa.int64(), "fault": pa.string()}
    assert found.schema == pa.schema(list(kinds.items()))
    assert found.to_pydict() | {"topic": 0} == {"topic": 0, "partition": [0, 0], "records": [3, 3], "fault": [None] * 2}


@pytest.mark.parametrize("columns", [COUNTS, TOLD])
def test_a_task_without_anything_to_tell_tells_no_row_of_the_right_columns(columns: dict[str, str]) -> None:
    found = list(_task(lambda frames: iter(()), columns)(iter([])))
    assert sum(batch.num_rows for batch in found) == 0
    assert all(batch.schema.names == [*columns, "fault"] for batch in found)


@pytest.mark.parametrize(
    "error", [psycopg.OperationalError("connection refused"), CityBrainError("Kafka does not answer", why="refused")]
)
def test_a_server_that_is_away_is_said_and_the_records_are_read_to_the_end(error: Exception) -> None:
    def work(frames: Iterator[pl.DataFrame]) -> Iterator[tuple[Any, ...]]:
        next(frames)
        raise error
        yield ()

    given = iter(batches(4))
    (batch,) = _task(work, COLUMNS)(given)
    assert batch["records"].to_pylist() == [None] and "refused" in batch["fault"][0].as_py()
    assert next(given, None) is None


def test_a_fault_of_ours_is_raised() -> None:
    def work(frames: Iterator[pl.DataFrame]) -> Iterator[tuple[Any, ...]]:
        raise ValueError("a bug")
        yield ()

    with pytest.raises(ValueError, match="a bug"):
        list(_task(work, COLUMNS)(iter(batches())))
