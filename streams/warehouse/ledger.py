"""The event log's own books: what landed, what was seen before, what is dead, how far each reader is.

Everything here runs inside a transaction that the caller opened as `loader` (readers may use any role with rights).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.contracts.registry import Contract, contracts
from streams.settings import Settings
from streams.transforms.dedupe import KNOWN_SCHEMA

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

LOCK = "citybrain.land"


@dataclass(frozen=True)
class Span:
    """What one batch read of one partition: offsets `first`..`last`; of its records, `accepted` broke no rule."""

    topic: str
    partition: int
    first: int
    last: int
    records: int
    accepted: int


@dataclass(frozen=True)
class DeadLetter:
    """One rejected record by its origin; `reason` and all else hold nothing of its payload."""

    topic: str
    partition: int
    offset: int
    rule: str
    reason: str
    city_code: str | None
    event_source: str | None
    has_payload: bool
    dlq_partition: int
    dlq_offset: int


@dataclass(frozen=True)
class Tally:
    """Fate of one span's records; landed + rejected + duplicate = records. `replayed` are among them."""

    span: Span
    landed: int
    rejected: int
    duplicate: int
    replayed: int
    checksum: str


def begin(connection: Connection, app_id: str, batch_id: int) -> bool:
    """Lock the books until the transaction ends; False when this batch is in them already."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))
    row = connection.execute(
        "select exists (select from ops.load_ledger where app_id = %s and batch_id = %s)", (app_id, batch_id)
    ).fetchone()
    return not (row and row[0])


def known_identities(connection: Connection, identities: pl.Series) -> pl.DataFrame:
    """Identity and content hash of those that landed before (KNOWN_SCHEMA)."""
    rows = connection.execute(
        "select replace(identity::text, '-', ''), replace(content_hash::text, '-', '')"
        " from ops.event_identity where identity = any(%s::uuid[])",
        (_array(identities.unique()),),
    ).fetchall()
    return pl.DataFrame(rows, schema=KNOWN_SCHEMA, orient="row")


def append(connection: Connection, contract: Contract, landed: pl.DataFrame) -> None:
    """Write new events (raw columns and `identity`) to the event log, making partitions for their months."""
    if landed.is_empty():
        return
    for month in landed["event_date"].dt.month_start().unique().sort():
        connection.execute("select ops.ensure_day_partition(%s, %s)", (contract.table, month))
    columns = [column.name for column in contract.raw_columns]
    copy_rows(connection, contract.raw_table, landed.select(columns).sort("event_date", maintain_order=True))
    connection.execute(
        "insert into ops.event_identity select * from unnest(%s::uuid[], %s::uuid[], %s::date[])",
        tuple(_array(landed[name].cast(pl.String)) for name in ("identity", "content_hash", "event_date")),
    )


def copy_rows(connection: Connection, table: str, rows: pl.DataFrame) -> None:
    """COPY a frame into the table's columns of the same names; null stays apart from empty text."""
    import pyarrow.csv as arrow_csv

    names = ", ".join(f'"{name}"' for name in rows.columns)
    sink = io.BytesIO()
    # Quoting every value but null is exactly how COPY's CSV tells the two apart.
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    arrow_csv.write_csv(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), sink, options)
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({names}) from stdin with (format csv)") as copy:
        copy.write(sink.getvalue())


def write_ledger(connection: Connection, app_id: str, batch_id: int, tallies: Iterable[Tally]) -> None:
    """The batch's rows; with them in the transaction, a repeated batch is recognised."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.load_ledger values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp() at time zone 'UTC')",
            [
                (
                    *(app_id, batch_id, one.span.topic, one.span.partition, one.span.first, one.span.last),
                    *(one.span.records, one.landed, one.rejected, one.duplicate, one.replayed, one.checksum),
                )
                for one in tallies
            ],
        )


def checksum(landed: pl.DataFrame) -> str:
    """MD5 over the content hashes of landed rows in the order of their offsets."""
    hashes = landed.sort("kafka_offset")["content_hash"]
    return hashlib.md5("".join(hashes).encode(), usedforsecurity=False).hexdigest()


def write_dead_letters(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """New dead letters; one whose origin is known already (its batch was repeated) keeps its history."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.dead_letter (
                topic, "partition", "offset", rule_id, reason, city_code, event_source, state, state_reason,
                dlq_partition, dlq_offset
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (topic, "partition", "offset") do nothing
            """,
            [
                (
                    *(one.topic, one.partition, one.offset, one.rule, one.reason, one.city_code, one.event_source),
                    *(("new", "waits for people") if one.has_payload else ("dropped", "its payload was not kept")),
                    *(one.dlq_partition, one.dlq_offset),
                )
                for one in letters
            ],
        )


def write_arrivals(connection: Connection, topic: str, counts: pl.DataFrame) -> None:
    """Add a batch's counts per city (`city_code` and counters of `ops.source_hour`) to the present hour."""
    names = [name for name in counts.columns if name != "city_code"]
    added = ", ".join(f"{name} = known.{name} + excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.source_hour as known (topic, hour_utc, city_code, {', '.join(names)})"
            " values (%s, date_trunc('hour', clock_timestamp() at time zone 'UTC'), %s"
            f"{', %s' * len(names)}) on conflict (topic, city_code, hour_utc) do update set {added}",
            [(topic, *row) for row in counts.select("city_code", *names).iter_rows()],
        )


def write_findings(connection: Connection, topic: str, found: pl.DataFrame) -> None:
    """Add what a batch held that nobody knows (`city_code`, `kind`, `field`, `code`, `events`)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.source_finding as known values (%s, %s, %s, %s, %s, %s,"
            " clock_timestamp() at time zone 'UTC', clock_timestamp() at time zone 'UTC')"
            " on conflict (topic, city_code, kind, field, code) do update set"
            " events = known.events + excluded.events, last_at_utc = excluded.last_at_utc",
            [(topic, *row) for row in found.select("city_code", "kind", "field", "code", "events").iter_rows()],
        )


def known_origins(connection: Connection, origins: Iterable[str]) -> set[str]:
    """Those of the `topic/partition/offset` that are dead letters: only a record sent again from one is a replay."""
    rows = connection.execute(
        """
        select concat_ws('/', letter.topic, letter."partition", letter."offset")
        from ops.dead_letter as letter
        inner join unnest(%s::text[]) as origin
            on letter.topic = split_part(origin, '/', 1)
            and letter."partition" = split_part(origin, '/', 2)::integer
            and letter."offset" = split_part(origin, '/', 3)::bigint
        """,
        (sorted(set(origins)),),
    ).fetchall()
    return {row[0] for row in rows}


def settle_replays(connection: Connection, fates: Iterable[tuple[str, str]]) -> None:
    """Note what became of replayed records: (origin, landed | duplicate | rule id), in order of their offsets."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            update ops.dead_letter
            set state = %s, state_reason = %s, state_at_utc = clock_timestamp() at time zone 'UTC'
            where topic = %s and "partition" = %s and "offset" = %s and state <> 'dropped'
            """,
            [
                (
                    *(("replayed", fate) if fate in ("landed", "duplicate") else ("new", f"failed again: {fate}")),
                    *(topic, int(partition), int(offset)),
                )
                for origin, fate in fates
                for topic, partition, offset in (origin.split("/"),)
            ],
        )


def reached(connection: Connection, table: str = "load_ledger") -> dict[tuple[str, int], int]:
    """(topic, partition) -> last offset in `load_ledger` or `lake_ledger`; both grow without gaps."""
    rows = connection.execute(
        f'select topic, "partition", max(last_offset) from ops.{table} group by topic, "partition"'
    ).fetchall()
    return {(topic, partition): last for topic, partition, last in rows}


def landed_places(connection: Connection, contract: Contract, spans: Iterable[Span]) -> pl.DataFrame:
    """`kafka_partition` and `kafka_offset` of the rows inside the spans that are in the event log."""
    found = []
    for span in spans:
        rows = connection.execute(
            f"select kafka_partition, kafka_offset from {contract.raw_table}"
            " where kafka_partition = %s and kafka_offset between %s and %s",
            (span.partition, span.first, span.last),
        )
        found += rows.fetchall()
    return pl.DataFrame(found, schema={"kafka_partition": pl.Int32, "kafka_offset": pl.Int64}, orient="row")


def write_lake_ledger(
    connection: Connection, app_id: str, batch_id: int, counts: Iterable[tuple[Span, int, int]]
) -> None:
    """(span, rows in bronze, rows in silver) of a batch that is in the lake; a repeated batch adds nothing."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.lake_ledger values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp() at time zone 'UTC') on conflict do nothing",
            [
                (app_id, batch_id, span.topic, span.partition, span.first, span.last, bronze, silver)
                for span, bronze, silver in counts
            ],
        )


def write_lag(connection: Connection, ends: Mapping[tuple[str, int], int]) -> None:
    """One row per partition: the broker's end offset and the next offsets that raw and the lake want."""
    landed, lake = reached(connection), reached(connection, "lake_ledger")
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.lag values (%s, %s, %s, %s, %s, clock_timestamp() at time zone 'UTC')
            on conflict (topic, "partition") do update set
                end_offset = excluded.end_offset, landed_offset = excluded.landed_offset,
                lake_offset = excluded.lake_offset, at_utc = excluded.at_utc
            """,
            [(*place, end, landed.get(place, -1) + 1, lake.get(place, -1) + 1) for place, end in sorted(ends.items())],
        )


@dataclass(frozen=True)
class Reconciliation:
    """Fate of every record of one topic, counted in records.

    `produced`: offsets from the first kept one to the end, less those gone by retention before they were read: the
    books count what was read. `read`: records in the ledger. `dead_lettered`: distinct origins. `failed_replays`:
    records sent again that were rejected again (no new dead letter). `replayed` are among `read`.
    """

    topic: str
    produced: int
    read: int
    landed: int
    dead_lettered: int
    duplicate: int
    replayed: int
    failed_replays: int
    in_raw: int
    in_bronze: int
    in_silver: int

    @property
    def is_balanced(self) -> bool:
        """produced = landed + dead-lettered + duplicate (+ failed replays), and the same rows in raw and the lake."""
        fates = self.landed + self.dead_lettered + self.duplicate + self.failed_replays
        return (
            self.produced == self.read == fates
            and self.landed == self.in_raw == self.in_silver
            and self.in_bronze >= self.in_silver
        )


def reconcile(settings: Settings) -> dict[str, Reconciliation]:
    """One line per topic, from the broker, the books, the event log and the lake as they are now.

    Drain first for a balance: records under way are produced but not read yet. Raises CityBrainError when the
    broker or the warehouse doesn't answer.
    """
    from streams.bus.admin import topic_offsets
    from streams.lake.read import counts
    from streams.warehouse.connection import connect

    lake = counts(settings)
    with connect(settings, "loader") as connection:
        books = {
            row[0]: row[1:]
            for row in connection.execute(
                "select topic, sum(n_records)::bigint, sum(n_landed)::bigint, sum(n_rejected)::bigint,"
                " sum(n_duplicate)::bigint, sum(n_replayed)::bigint from ops.load_ledger group by topic"
            )
        }
        firsts = {
            (topic, partition): first
            for topic, partition, first in connection.execute(
                'select topic, "partition", min(first_offset) from ops.load_ledger group by topic, "partition"'
            )
        }
        dead = dict(connection.execute("select topic, count(*) from ops.dead_letter group by topic").fetchall())
        result = {}
        for topic, contract in contracts().items():
            read, landed, rejected, duplicate, replayed = books.get(topic, (0, 0, 0, 0, 0))
            offsets = topic_offsets(settings, topic)
            row = connection.execute(f"select count(*) from {contract.raw_table}").fetchone()
            result[topic] = Reconciliation(
                topic=topic,
                # What retention deleted after it was read was produced all the same.
                produced=sum(end - min(first, firsts.get((topic, p), first)) for p, (first, end) in offsets.items()),
                read=read,
                landed=landed,
                dead_lettered=dead.get(topic, 0),
                duplicate=duplicate,
                replayed=replayed,
                failed_replays=rejected - dead.get(topic, 0),
                in_raw=row[0] if row else 0,
                in_bronze=lake[topic].bronze,
                in_silver=lake[topic].silver,
            )
    return result


def _array(values: pl.Series) -> str:
    """PostgreSQL array literal of values that need no quoting (hex, dates); one parameter instead of thousands."""
    return "{" + ",".join(values) + "}"
