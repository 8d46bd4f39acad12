"""The kernel inside Spark: Arrow batches of Kafka records in, one Spark row per topic and batch out.

Rows and rejects travel as compressed Arrow streams in two binary columns. So topics with different columns pass
through one query, and the JVM moves a handful of bytes objects instead of forty columns per record.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from streams.contracts.registry import Contract
from streams.transforms.headers import SPARK_EXPRESSION
from streams.transforms.kernel import RECORD_SCHEMA, REJECT_SCHEMA, Kernel, Parsed, row_schema
from streams.warehouse.ledger import Span

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import DataFrame

SCHEMA = "topic string, spans binary, rows binary, rejects binary"
ARROW_SCHEMA = pa.schema(
    [("topic", pa.string()), ("spans", pa.binary()), ("rows", pa.binary()), ("rejects", pa.binary())]
)


def parsed_chunks(records: DataFrame, kernel: Broadcast[Kernel]) -> DataFrame:
    """`records` as Spark's Kafka source gives them (with headers) -> chunks (SCHEMA)."""
    plain = [name for name in RECORD_SCHEMA if name != "headers"]
    # A task per core, not per partition of a topic: each costs the same however few records it has.
    cores = records.sparkSession.sparkContext.defaultParallelism
    return records.selectExpr(*plain, SPARK_EXPRESSION).coalesce(cores).mapInArrow(_parser(kernel), SCHEMA)


def _parser(kernel: Broadcast[Kernel]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for parsed in kernel.value.parse(records_of(batch)):
                yield chunk(parsed)

    return run


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


def chunk(parsed: Parsed) -> pa.RecordBatch:
    """One row of SCHEMA."""
    accepted = parsed.rows.select(pl.col("kafka_partition").alias("partition"), pl.col("kafka_offset").alias("offset"))
    places = pl.concat(
        [
            accepted.with_columns(accepted=pl.lit(1, pl.Int64)),
            parsed.rejects.select("partition", "offset").with_columns(accepted=pl.lit(0, pl.Int64)),
        ]
    )
    spans = places.group_by("partition").agg(
        pl.col("offset").min().alias("first"),
        pl.col("offset").max().alias("last"),
        pl.len().cast(pl.Int64).alias("records"),
        pl.col("accepted").sum(),
    )
    columns = {
        "topic": [parsed.topic],
        "spans": [_packed(spans)],
        "rows": [_packed(parsed.rows)],
        "rejects": [_packed(parsed.rejects)],
    }
    # By way of Polars: pyarrow's own constructors import pandas first, a second and more in each new worker.
    (batch,) = pl.DataFrame(columns).to_arrow().cast(ARROW_SCHEMA).to_batches()
    return batch


def spans_of(chunks: pa.Table) -> list[Span]:
    """What the chunks together read of each partition."""
    if chunks.num_rows == 0:
        return []
    parts = [
        rows_of(spans).select(pl.lit(topic).alias("topic"), pl.all())
        for topic, spans in zip(chunks["topic"].to_pylist(), chunks["spans"].to_pylist(), strict=True)
    ]
    whole = (
        pl.concat(parts)
        .group_by("topic", "partition")
        .agg(pl.col("first").min(), pl.col("last").max(), pl.col("records", "accepted").sum())
    )
    return [Span(*row) for row in whole.sort("topic", "partition").iter_rows()]


def topics_of(chunks: pa.Table) -> list[str]:
    """Topics that the chunks hold records of, by name."""
    return sorted(set(chunks["topic"].to_pylist()))


def parsed_of(chunks: pa.Table, contract: Contract) -> Parsed:
    """What became of one topic's records; topic by topic, so that a large batch never lies open as a whole."""
    mine = chunks.filter(pa.compute.equal(chunks["topic"], contract.topic))
    rows = [rows_of(content) for content in mine["rows"].to_pylist()]
    rejects = [rows_of(content) for content in mine["rejects"].to_pylist()]
    return Parsed(
        contract.topic,
        pl.concat([row_schema(contract).to_frame(), *rows]),
        pl.concat([REJECT_SCHEMA.to_frame(), *rejects]),
    )


def _packed(frame: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    frame.write_ipc_stream(sink, compression="lz4")
    return sink.getvalue()


def rows_of(content: bytes) -> pl.DataFrame:
    """One of a chunk's binary columns as a frame."""
    return pl.read_ipc_stream(io.BytesIO(content))
