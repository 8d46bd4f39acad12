"""Which of the accepted events are new: exact, by identity and content, in the order of partition and offset."""

from __future__ import annotations

import polars as pl

from streams.transforms.parse import md5

KNOWN_SCHEMA = pl.Schema({"identity": pl.String, "known_hash": pl.String})
"""What landed before: one row per identity, with its content hash."""


def identified(rows: pl.DataFrame, topic: str) -> pl.DataFrame:
    """Rows with `identity`: 32 hex digits made of topic, source and event id."""
    parts = rows.select(pl.concat_str(pl.lit(topic), "event_source", "event_id", separator="\x1f")).to_series()
    return rows.with_columns(identity=md5(parts))


def decide(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Identified rows with `verdict` (landed, duplicate, id_conflict), in the order of partition and offset.

    The first event of an identity lands, unless `known` holds it already; a later one is a duplicate if its content
    is the same, else an id_conflict.
    """
    ordered = rows.sort("kafka_partition", "kafka_offset").join(known, on="identity", how="left", maintain_order="left")
    first_hash = pl.coalesce("known_hash", pl.col("content_hash").first().over("identity"))
    return ordered.with_columns(
        verdict=pl.when(pl.col("known_hash").is_null() & pl.col("identity").is_first_distinct())
        .then(pl.lit("landed"))
        .when(pl.col("content_hash") == first_hash)
        .then(pl.lit("duplicate"))
        .otherwise(pl.lit("id_conflict"))
    ).drop("known_hash")


def overtaken(decided: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`decided` once more, where another reader took some identities meanwhile; `known` (KNOWN_SCHEMA) holds those."""
    return (
        decided.join(known, on="identity", how="left", maintain_order="left")
        .with_columns(
            verdict=pl.when(pl.col("known_hash").is_null())
            .then("verdict")
            .when(pl.col("content_hash") == pl.col("known_hash"))
            .then(pl.lit("duplicate"))
            .otherwise(pl.lit("id_conflict"))
        )
        .drop("known_hash")
    )
