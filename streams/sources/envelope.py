"""Frame of events -> CloudEvents JSON bytes, column by column; what adapters and simulators both end in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import polars as pl

from streams.contracts.registry import Contract
from streams.errors import CityBrainError

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.3fZ"
"""RFC 3339, UTC, always three digits of a second: one spelling per instant, because ids are hashed from it."""

ENVELOPE_INPUT = ("event_source", "event_at_utc", "recorded_at_utc")


def event_ids(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """One 32-hex id per event: sha256 of `city|source|case_id|stage|time`, the same on every machine.

    A corrected event (`basis`) has its recorded time behind these: it may repeat a time that was said before.
    `frame` needs `event_source`, `event_at_utc` (UTC) and the contract's city, subject and stage columns.
    """
    said = [
        pl.col("city_code"),
        pl.col("event_source"),
        pl.col(contract.subject_field),
        pl.col("stage"),
        pl.col("event_at_utc").dt.strftime(TIME_FORMAT),
    ]
    if "basis" in frame.columns:
        recorded = pl.col("recorded_at_utc").dt.strftime(TIME_FORMAT)
        said.append(pl.when(pl.col("basis") == "corrected").then(recorded))
    parts = frame.select(pl.concat_str(said, separator="|", ignore_nulls=True)).to_series()
    sha256 = hashlib.sha256
    return pl.Series("event_id", [sha256(part.encode()).hexdigest()[:32] for part in parts], dtype=pl.String)


def envelopes(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row (`key`, `value`; both Binary) per event, in the frame's order.

    `frame` has `event_source`, `event_at_utc`, `recorded_at_utc` (UTC timestamps, ms kept) and data columns
    under the contract's field names (a timestamp field as Datetime in UTC). Nulls are left out of the JSON.
    An optional Struct column `extra` adds members that the contract doesn't know.
    Raises CityBrainError for a column that the contract lacks, a required one that is missing or null.
    """
    known = [field.name for field in contract.fields if field.name in frame.columns]
    _refuse_bad_frame(frame, contract, known)
    if frame.is_empty():
        return pl.DataFrame(schema={"key": pl.Binary, "value": pl.Binary})
    data = [
        pl.col(name).dt.strftime(TIME_FORMAT).alias(name)
        if contract.field(name).logical_type == "timestamp"
        else pl.col(name)
        for name in known
    ]
    if "extra" in frame.columns:
        data.append(pl.col("extra").struct.unnest())
    envelope = pl.struct(
        specversion=pl.lit("1.0"),
        id=event_ids(frame, contract),
        source=pl.col("event_source"),
        type=pl.format(f"{contract.stem}.{{}}.{contract.major}", "stage"),
        subject=pl.col(contract.subject_field),
        time=pl.col("event_at_utc").dt.strftime(TIME_FORMAT),
        recordedtime=pl.col("recorded_at_utc").dt.strftime(TIME_FORMAT),
        datacontenttype=pl.lit("application/json"),
        data=pl.struct(data),
    )
    # A null member is `,"name":null`; inside a JSON string every quote is escaped, so it can't look like one.
    value = envelope.struct.json_encode().str.replace_all(r',"[^"\\]+":null', "")
    return frame.select(
        key=pl.concat_str(*contract.key_fields, separator="/").cast(pl.Binary), value=value.cast(pl.Binary)
    )


def records(frame: pl.DataFrame, contract: Contract) -> Iterator[tuple[bytes, bytes]]:
    """The same as (key, value) pairs, for a producer."""
    made = envelopes(frame, contract)
    return zip(made["key"], made["value"], strict=True)


def _refuse_bad_frame(frame: pl.DataFrame, contract: Contract, known: list[str]) -> None:
    required = [*ENVELOPE_INPUT, *(field.name for field in contract.fields if field.required)]
    missing = [name for name in required if name not in frame.columns]
    foreign = [name for name in frame.columns if name not in {*known, *ENVELOPE_INPUT, "extra"}]
    if missing or foreign:
        raise CityBrainError(
            f"these rows are no events of {contract.topic}",
            why=f"columns missing: {missing or 'none'}; not in the contract: {foreign or 'none'}",
            remedy="name the columns as the contract does, or add an optional field to the contract",
        )
    nulls = [name for name, n in frame.select(pl.col(required).null_count()).row(0, named=True).items() if n]
    if nulls:
        raise CityBrainError(
            f"events of {contract.topic} lack required values", why=f"null in column(s) {', '.join(nulls)}"
        )
