"""Kafka records -> typed, scrubbed, located rows and rejects, a batch at a time. Pure: no clock, no files, no servers.

"Now" is the record's own Kafka timestamp, so the same offsets give the same rows whenever they are read again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC

import polars as pl

from streams.contracts.registry import City, Contract, Field
from streams.contracts.validate import RULES, broken_rule, payload_may_be_kept
from streams.privacy.fields import mark_of_field
from streams.transforms import parse
from streams.transforms.headers import unpack
from streams.transforms.locate import Places
from streams.transforms.parse import attribute
from streams.transforms.points import credible

REPLAY_HEADER = "citybrain-replay-of"
"""On a record that `citybrain dlq replay` sent again; its value is `topic/partition/offset` of the first one."""

RECORD_SCHEMA = pl.Schema(
    {
        "key": pl.Binary(),
        "value": pl.Binary(),
        "topic": pl.String(),
        "partition": pl.Int32(),
        "offset": pl.Int64(),
        "timestamp": pl.Datetime("us"),
        "headers": pl.String(),
    }
)
"""One row per Kafka record; `timestamp` (UTC) is its own, `headers` are packed (`streams.transforms.headers`)."""

REJECT_SCHEMA = pl.Schema(
    {
        "partition": pl.Int32(),
        "offset": pl.Int64(),
        "timestamp": pl.Datetime("us"),
        "key": pl.Binary(),
        "value": pl.Binary(),
        "headers": pl.String(),
        "rule": pl.String(),
        "city_code": pl.String(),
        "event_source": pl.String(),
        "replay_of": pl.String(),
    }
)
"""One row per record that breaks a rule. Bytes are unchanged, but null where the payload must not be kept."""

POLARS_KINDS: Mapping[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int32(),
    "bigint": pl.Int64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
}

_SOURCE = r"^/[a-z0-9_]+(/[A-Za-z0-9._-]+)+$"
_ORIGIN = re.compile(r"[A-Za-z0-9._-]+/[0-9]{1,9}/[0-9]{1,18}")


def row_schema(contract: Contract) -> pl.Schema:
    """Columns of `Parsed.rows`: those of the lake's silver table, then `replay_of` and `left_out` (see `points`)."""
    columns = {column.name: POLARS_KINDS[column.kind] for column in contract.silver_columns}
    return pl.Schema({**columns, "replay_of": pl.String(), "left_out": pl.String()})


@dataclass(frozen=True)
class Parsed:
    """What became of one topic's records: each is in `rows` (accepted) or in `rejects`, in the order of the input."""

    topic: str
    rows: pl.DataFrame
    rejects: pl.DataFrame


@dataclass(frozen=True)
class Kernel:
    """The whole transformation, driven by contracts, city files and reference data; can be sent to Spark's workers.

    `scrub` takes a column of texts and gives it back without personal data.
    """

    contracts: Mapping[str, Contract]
    cities: Mapping[str, City]
    places: Places
    scrub: Callable[[pl.Series], pl.Series]

    def parse(self, records: pl.DataFrame) -> list[Parsed]:
        """One result per topic met in `records` (RECORD_SCHEMA); KeyError for a topic without a contract."""
        return [
            self._parse_topic(self.contracts[str(topic)], records.filter(pl.col("topic") == topic))
            for topic in records["topic"].unique(maintain_order=True)
        ]

    def _parse_topic(self, contract: Contract, records: pl.DataFrame) -> Parsed:
        found = self._extract(records, contract)
        is_right = parse.certified(found, contract)
        sound, rejects = found.filter(is_right), REJECT_SCHEMA.to_frame()
        if sound.height < found.height:
            accepted, rejects = self._refer(found.filter(~is_right), contract)
            sound = pl.concat([sound, accepted]).sort("_record")
        return Parsed(contract.topic, self._rows(sound, contract), rejects)

    def _extract(self, records: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        first = {code: city.first_plausible_at.replace(tzinfo=None) for code, city in self.cities.items()}
        return (
            records.rename(lambda name: f"_{name}")
            .with_row_index("_record")
            .with_columns(_replay_of=_replay_of(records["headers"]))
            .hstack(parse.extract(records["value"], contract))
            .with_columns(
                _plausible_from=pl.col("city_code").replace_strict(
                    first, default=None, return_dtype=POLARS_KINDS["timestamp"]
                )
            )
            .with_columns(_city_is_known=pl.col("_plausible_from").is_not_null())
        )

    def _refer(self, doubtful: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Judge one by one what the certificate left open: (accepted, now in plain spelling), (rejects)."""
        rules = [
            broken_rule(contract, key, value, now=timestamp.replace(tzinfo=UTC), cities=self.cities)
            for key, value, timestamp in doubtful.select("_key", "_value", "_timestamp").iter_rows()
        ]
        judged = doubtful.with_columns(_rule=pl.Series(rules, dtype=pl.String))
        rejected = judged.filter(pl.col("_rule").is_not_null())
        if rejected.height == judged.height:
            return judged.drop("_rule").clear(), _rejects(rejected, contract)
        accepted = judged.filter(pl.col("_rule").is_null())
        plain = [json.dumps(json.loads(text), ensure_ascii=False) for text in accepted["_text"]]
        members = parse.extract(pl.Series([text.encode() for text in plain], dtype=pl.Binary), contract)
        accepted = accepted.with_columns(members.with_columns(_extra=_extras(plain, contract)).get_columns())
        return accepted.drop("_rule"), _rejects(rejected, contract)

    def _rows(self, sound: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        events = sound.select(
            *(_typed(field) for field in contract.fields),
            pl.col(attribute("id")).alias("event_id"),
            pl.col(attribute("source")).alias("event_source"),
            pl.col(attribute("type")).alias("event_type"),
            pl.col(attribute("subject")).alias("_subject"),
            parse.as_time(pl.col(attribute("time"))).alias("event_at_utc"),
            parse.as_time(pl.col(attribute("recordedtime"))).alias("recorded_at_utc"),
            pl.col("_timestamp").alias("ingested_at_utc"),
            pl.col("_partition").alias("kafka_partition"),
            pl.col("_offset").alias("kafka_offset"),
            pl.col("_extra").alias("extra"),
            pl.col("_replay_of").alias("replay_of"),
        )
        events = events.with_columns(
            content_hash=_content_hash(events, contract), event_date=pl.col("event_at_utc").dt.date()
        )
        # After the hash, which is of what the source said.
        events = credible(self._with_lateness(events, contract), contract, self.cities)
        events = events.hstack(self.places.locate(events))
        free_texts = [events[field.name] for field in contract.fields if is_free_text(field)]
        events = events.with_columns(
            *_scrubbed(free_texts, self.scrub), extra=_scrubbed_json(events["extra"], self.scrub)
        )
        return events.select(pl.col(name).cast(kind) for name, kind in row_schema(contract).items())

    def _with_lateness(self, events: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        by_source = [code for code, city in self.cities.items() if city.knows_by_recorded_time]
        live = [code for code, city in self.cities.items() if city.mode == "live"]
        known = pl.when(pl.col("city_code").is_in(by_source)).then("recorded_at_utc").otherwise("ingested_at_utc")
        return (
            events.with_columns(known_at_utc=known)
            .with_columns(
                late_by_minutes=(pl.col("known_at_utc") - pl.col("event_at_utc")).dt.total_minutes().clip(lower_bound=0)
            )
            .with_columns(
                is_late=pl.col("city_code").is_in(live) & (pl.col("late_by_minutes") > contract.late_after_minutes)
            )
        )


def is_free_text(field: Field) -> bool:
    """True for what a person may have typed: text that is no list value, no code, no number and no token."""
    is_code = field.name.endswith(("_id", "_code", "_scheme"))
    return field.logical_type == "string" and not (field.enum or field.pattern or is_code)


def _rejects(rejected: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    keep = pl.Series([payload_may_be_kept(contract, value) for value in rejected["_value"]], dtype=pl.Boolean)
    source = pl.col(attribute("source"))
    return rejected.select(
        pl.col("_partition").alias("partition"),
        pl.col("_offset").alias("offset"),
        pl.col("_timestamp").alias("timestamp"),
        *(pl.when(keep).then(pl.col(f"_{name}")).alias(name) for name in ("key", "value", "headers")),
        pl.col("_rule").alias("rule"),
        pl.when("_city_is_known").then("city_code").alias("city_code"),
        pl.when(source.str.contains(_SOURCE)).then(source).alias("event_source"),
        pl.col("_replay_of").alias("replay_of"),
    )


def unprocessable(contract: Contract, record: pl.DataFrame) -> Parsed:
    """The fate of one record (RECORD_SCHEMA) that nothing could process: a reject whose bytes are unchanged."""
    (value,) = record["value"]
    kept = payload_may_be_kept(contract, value)
    nothing = pl.lit(None, pl.String)
    rejects = record.select(
        "partition",
        "offset",
        "timestamp",
        *(pl.col(name) if kept else pl.lit(None).alias(name) for name in ("key", "value", "headers")),
        rule=pl.lit("unprocessable"),
        city_code=nothing,
        event_source=nothing,
        replay_of=_replay_of(record["headers"]),
    )
    return Parsed(contract.topic, row_schema(contract).to_frame(), rejects.cast(REJECT_SCHEMA))


def reason_of(rule: str) -> str:
    """What a rule id means, in words that hold nothing of the record."""
    return RULES[rule].en


def _typed(field: Field) -> pl.Expr:
    column = pl.col(field.name)
    match field.logical_type:
        case "timestamp":
            return parse.as_time(column).alias(field.column)
        case "boolean":
            return column == "true"
        case "integer" | "number":
            return column.cast(parse.number_type(field))
        case _:
            return column


def _content_hash(events: pl.DataFrame, contract: Contract) -> pl.Series:
    """Hash of what the source said: source, id, subject, time and all members of data that the warehouse keeps.

    Not in it: recorded time (a source may tell the same thing again later), and the lake-only fields, which our own
    adapters make (scrubbed text, tokens of a rotating key). Absent members leave no trace, so that a new optional
    field doesn't change the hash of old events.
    """
    columns = [field.column for field in contract.fields if not field.lake_only]
    names = ["event_source", "event_id", "_subject", "event_type", "event_at_utc", *columns, "extra"]
    marked = [pl.concat_str(pl.lit(f"{name}="), pl.col(name).cast(pl.String)) for name in names]
    return parse.md5(events.select(pl.concat_str(marked, separator="\x1f", ignore_nulls=True)).to_series())


def _replay_of(headers: pl.Series) -> pl.Series:
    marked = headers.str.contains(REPLAY_HEADER, literal=True).fill_null(False).arg_true()
    # Anybody can write headers, whatever bytes; the few that may be ours are looked at one by one.
    found = (dict(unpack(text)).get(REPLAY_HEADER) or b"" for text in headers.gather(marked))
    texts = (value.decode(errors="replace") for value in found)
    origins = pl.Series([text if _ORIGIN.fullmatch(text) else None for text in texts], dtype=pl.String)
    return pl.select(pl.repeat(None, len(headers), dtype=pl.String)).to_series().scatter(marked, origins)


def _extras(texts: list[str], contract: Contract) -> pl.Series:
    known = {field.name for field in contract.fields}
    rows = [{name: value for name, value in json.loads(text)["data"].items() if name not in known} for text in texts]
    return pl.Series("extra", [_compact(row) if row else None for row in rows], dtype=pl.String)


def _scrubbed(columns: list[pl.Series], scrub: Callable[[pl.Series], pl.Series]) -> list[pl.Series]:
    """Each different text is scrubbed once, all in one go: categories repeat, and each call compiles its patterns."""
    if not columns:
        return []
    different = pl.concat([column.alias("text") for column in columns]).drop_nulls().unique()
    clean = pl.DataFrame({"text": different, "clean": scrub(different)})
    return [
        column.to_frame("text").join(clean, on="text", how="left", maintain_order="left")["clean"].alias(column.name)
        for column in columns
    ]


def _scrubbed_json(objects: pl.Series, scrub: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """JSON objects without personal data, told by the name of a member or by the shape of a value.

    The few in which there is some are taken apart.
    """
    present = objects.is_not_null().arg_true()
    found = objects.gather(present)
    dirty_at = present.filter((scrub(found) != found) | _names_a_person(found)) if len(found) else present
    if dirty_at.is_empty():
        return objects
    dirty = [json.loads(text) for text in objects.gather(dirty_at)]
    # All words at once: a record with ten thousand members must not hold up the rest.
    said = list(dict.fromkeys(word for one in dirty for word in _words(one)))
    clean = dict(zip(said, scrub(pl.Series(said, dtype=pl.String)), strict=True))
    return objects.scatter(dirty_at, [_compact(_replaced(one, clean)) for one in dirty])


def _names_a_person(objects: pl.Series) -> pl.Series:
    """Whether a member anywhere in the object has a name that tells of a person."""
    members = objects.str.extract_all(r'"(?:[^"\\]|\\.)*":').list.eval(pl.element().str.head(-1))
    names = [name for name in members.explode().drop_nulls().unique() if mark_of_field(json.loads(name))]
    return members.list.eval(pl.element().is_in(names)).list.any()


def _words(value: object) -> Iterator[str]:
    """Every name, text and number in a JSON value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _replaced(value: object, clean: Mapping[str, str], mark: str | None = None) -> object:
    """`mark`: what the member is called says that all in it is personal."""
    if isinstance(value, dict):
        return {clean[name]: _replaced(item, clean, mark or mark_of_field(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, clean, mark) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if mark:
        return mark
    text = str(value)
    return clean[text] if clean[text] != text else value


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
