"""Landed events taken out again: a mistaken load by its reason, old days by RAW_RETENTION_DAYS. Booked like all else.

For each topic one transaction removes rows and identities and moves their number from `landed` to `dropped`; then the
lake follows. A crash between the two leaves the lake with rows too many, and the same command mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from streams.books import state
from streams.contracts.registry import Contract, contract, contracts
from streams.errors import CityBrainError
from streams.lake import upkeep
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

Offsets = Mapping[tuple[str, int], Iterable[int]]
"""Offsets of each (topic, partition)."""

RANGES = 200
"""Spans of offsets in one condition for the lake."""


@dataclass(frozen=True)
class Removed:
    """What was taken out of one topic: events of the event log by event source, and rows of silver."""

    topic: str
    events: Mapping[str, int]
    in_silver: int


@dataclass(frozen=True)
class _Order:
    """Why events go, as the books keep it."""

    cause: str
    run_name: str
    reason: str


def undo(settings: Settings, run_name: str, reason: str, offsets: Offsets) -> list[Removed]:
    """Take out what landed of these records; what was a duplicate or rejected has no row to lose.

    Raises CityBrainError while some of them have not landed or are not in the lake yet. Done again it removes nothing.
    """
    wanted = {place: sorted(found) for place, found in offsets.items()}
    with connect(settings, "loader") as connection:
        known = state.progress(connection)
    waiting = [
        place
        for place, found in wanted.items()
        if found and (place not in known or min(known[place].reached, known[place].lake_reached) < found[-1])
    ]
    if waiting:
        raise CityBrainError(
            f"run {run_name} has not landed as a whole yet",
            why=f"{len(waiting)} partition(s) are behind in the event log or in the lake",
            remedy="`citybrain status` shows how far the streams are; run the same command again when they are through",
        )
    order = _Order("undo", run_name, reason)
    removed = []
    for topic in sorted({topic for topic, _ in wanted}):
        spans = [
            (partition, *span) for (name, partition), found in wanted.items() if name == topic for span in ranges(found)
        ]
        table = contract(topic).raw_table
        with connect(settings, "owner") as connection:
            connection.execute(
                f"create temporary table gone on commit drop as select row.* from {table} as row"
                " inner join unnest(%s::integer[], %s::bigint[], %s::bigint[]) as span (part, first, last)"
                " on row.kafka_partition = span.part and row.kafka_offset between span.first and span.last",
                tuple(list(column) for column in zip(*spans, strict=True)),
            )
            done = _take_out(connection, contract(topic), order)
        in_silver = sum(
            upkeep.remove(settings, topic, " or ".join(_between(*span) for span in spans[at : at + RANGES]))["silver"]
            for at in range(0, len(spans), RANGES)
        )
        removed.append(Removed(topic, done, in_silver))
    return removed


def retire(settings: Settings, today: date) -> list[Removed]:
    """Take out what happened and came in more than RAW_RETENTION_DAYS before `today`, and audit rows of that age.

    History that was loaded as history stays that long from its loading on.
    """
    days = settings.raw_retention_days
    first = today - timedelta(days)
    # Read alike by PostgreSQL and by the lake, which knows no `timestamp` literal of its columns' precision.
    due = f"event_date < date '{first}' and ingested_at_utc < '{first}T00:00:00'"
    removed = []
    for one in contracts().values():
        with connect(settings, "owner") as connection:
            connection.execute(
                f"create temporary table gone on commit drop as select * from {one.raw_table} where {due}"
            )
            done = _take_out(connection, one, _Order("retention", "", f"older than {days} days"))
            _drop_empty_months(connection, one, first)
        in_silver = upkeep.remove(settings, one.topic, due)["silver"]
        removed.append(Removed(one.topic, done, in_silver))
    with connect(settings, "owner") as connection:
        _shorten_audits(connection, first)
    return removed


def ranges(offsets: list[int]) -> list[tuple[int, int]]:
    """Ascending offsets as spans without gaps: (first, last)."""
    if not offsets:
        return []
    ends = [left for left, right in pairwise(offsets) if right > left + 1] + [offsets[-1]]
    starts = [offsets[0]] + [right for left, right in pairwise(offsets) if right > left + 1]
    return list(zip(starts, ends, strict=True))


def _between(partition: int, first: int, last: int) -> str:
    return f"(kafka_partition = {partition} and kafka_offset between {first} and {last})"


def _take_out(connection: Connection, one: Contract, order: _Order) -> dict[str, int]:
    """Remove the rows of the temporary table `gone` everywhere in PostgreSQL; event source -> how many."""
    # Nobody lands meanwhile in this topic's books: what each city has now is counted again from its rows.
    connection.execute("lock table ops.source_progress in exclusive mode")
    found = dict(connection.execute("select event_source, count(*) from gone group by 1 order by 1").fetchall())
    if not found:
        return found
    connection.execute(
        f"delete from {one.raw_table} as row using gone"
        " where row.event_date = gone.event_date and row.kafka_partition = gone.kafka_partition"
        " and row.kafka_offset = gone.kafka_offset"
    )
    connection.execute(
        "delete from ops.event_identity as known using gone"
        " where known.identity = md5(concat_ws(E'\\x1f', %s::text, gone.event_source, gone.event_id))::uuid",
        (one.topic,),
    )
    connection.execute(
        """
        with part as (
            select
                kafka_partition, count(*) as events, min(event_date) as first_event_date,
                max(event_date) as last_event_date
            from gone
            group by kafka_partition
        ),
        moved as (
            update ops.progress as known
            set n_landed = known.n_landed - part.events, n_dropped = known.n_dropped + part.events
            from part
            where known.topic = %(topic)s and known."partition" = part.kafka_partition
        )
        insert into ops.dropped (
            cause, run_name, reason, topic, "partition", n_events, first_event_date, last_event_date
        )
        select
            %(cause)s, %(run)s, %(reason)s, %(topic)s, kafka_partition, events, first_event_date, last_event_date
        from part
        """,
        {"topic": one.topic, "cause": order.cause, "run": order.run_name, "reason": order.reason},
    )
    connection.execute(
        "delete from ops.source_progress where topic = %s and city_code in (select city_code from gone)", (one.topic,)
    )
    connection.execute(
        f"""
        insert into ops.source_progress
        select
            %s, city_code, count(*), count(*) filter (where is_late), min(event_at_utc), max(event_at_utc),
            max(known_at_utc), max(ingested_at_utc), 0
        from {one.raw_table}
        where city_code in (select city_code from gone)
        group by city_code
        """,
        (one.topic,),
    )
    return found


def _drop_empty_months(connection: Connection, one: Contract, first: date) -> None:
    """Months before the first kept day that hold nothing any more."""
    rows = connection.execute(
        "select part.relname from pg_inherits as i inner join pg_class as part on part.oid = i.inhrelid"
        " where i.inhparent = %s::regclass and right(part.relname, 6) < to_char(%s::date, 'YYYYMM')",
        (one.raw_table, first),
    ).fetchall()
    for (part,) in rows:
        if not one_row(connection, f"select exists (select from raw.{part})")[0]:
            connection.execute(f"drop table raw.{part}")


def _shorten_audits(connection: Connection, first: date) -> None:
    """Old days of the ledger go; old hours of arrivals become one, so that totals stay what they were."""
    rows = connection.execute(
        "select part.relname from pg_inherits as i inner join pg_class as part on part.oid = i.inhrelid"
        " where i.inhparent = 'ops.load_ledger'::regclass and right(part.relname, 8) < to_char(%s::date, 'YYYYMMDD')",
        (first,),
    ).fetchall()
    for (part,) in rows:
        connection.execute(f"drop table ops.{part}")
    connection.execute(
        """
        with old as (
            delete from ops.source_hour where hour_utc < %(first)s and hour_utc > %(before)s returning *
        )
        insert into ops.source_hour as known (
            topic, city_code, hour_utc, landed, late, duplicate, rejected, unknown_codes, new_fields
        )
        select
            topic, city_code, %(before)s, sum(landed), sum(late), sum(duplicate), sum(rejected), sum(unknown_codes),
            sum(new_fields)
        from old
        group by topic, city_code
        on conflict (topic, city_code, hour_utc, lane) do update set
            landed = known.landed + excluded.landed, late = known.late + excluded.late,
            duplicate = known.duplicate + excluded.duplicate, rejected = known.rejected + excluded.rejected,
            unknown_codes = known.unknown_codes + excluded.unknown_codes,
            new_fields = known.new_fields + excluded.new_fields
        """,
        {"first": first, "before": date(1970, 1, 1)},
    )
