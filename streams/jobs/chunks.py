"""Between Spark and a task: its Arrow batches of Kafka records in the kernel's types, and a task's few result rows out.

What a task does is done where the records are; the JVM and the driver see counts and file names, never a payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from streams.errors import CityBrainError
from streams.transforms.headers import SPARK_EXPRESSION
from streams.transforms.kernel import RECORD_SCHEMA

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = Sequence[Any]
Work = Callable[[Iterator[pl.DataFrame]], Iterator[Row]]
"""What a task does with its records, batch by batch, and the rows that it tells the driver."""


def run_tasks(records: DataFrame, work: Work, columns: Mapping[str, str]) -> list[Row]:
    """Do `work` on the workers with `records` (Spark's Kafka source, with headers): its rows, of Spark SQL `columns`.

    A task per core: each costs the same however few records it has, and holds whole partitions.
    Raises CityBrainError where a task met a server that is away; what others did stays done.
    """
    plain = [name for name in RECORD_SCHEMA if name != "headers"]
    cores = records.sparkSession.sparkContext.defaultParallelism
    schema = ", ".join(f"{name} {kind}" for name, kind in (*columns.items(), ("fault", "string")))
    given = records.selectExpr(*plain, SPARK_EXPRESSION).coalesce(cores)
    found = [tuple(row) for row in given.mapInArrow(_task(work, columns), schema).collect()]
    for *_, fault in found:
        if fault is not None:
            raise CityBrainError("a task met a server that is away", why=fault)
    return [row[:-1] for row in found]


def _task(work: Work, columns: Mapping[str, str]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import psycopg

        given = iter(batches)
        schema = pa.schema([(name, _KINDS[kind]) for name, kind in (*columns.items(), ("fault", "string"))])
        try:
            told = [(*row, None) for row in work(records_of(batch) for batch in given)]
        except (psycopg.OperationalError, psycopg.InterfaceError, CityBrainError) as error:
            # Said instead of raised: it is no fault of the task, and the driver knows how to wait.
            why = " ".join(filter(None, (str(error), getattr(error, "why", ""))))
            told = [(*[None] * len(columns), " ".join(why.split()))]
            for _ in given:  # a worker that leaves records unread can't be used again
                pass
        # By way of Polars: pyarrow's own constructors import pandas first, a second and more in each new worker.
        yield from pl.DataFrame(told, schema=schema.names, orient="row").to_arrow().cast(schema).to_batches()

    return run


_KINDS: Mapping[str, pa.DataType] = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64()}


def records_of(batch: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """Spark's Arrow records in the kernel's types; timestamps are UTC instants and lose their zone."""
    frame = pl.DataFrame(batch)
    if frame.schema["timestamp"] == pl.Datetime("us"):
        naive = pl.col("timestamp")
    else:
        naive = pl.col("timestamp").dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return frame.with_columns(naive.dt.cast_time_unit("us")).select(
        pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()
    )
