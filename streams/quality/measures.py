"""Figures of the flow and of freshness, taken from the broker, the books, the event log, the lake and the marts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import Contract, contracts
from streams.settings import Settings
from streams.warehouse.build import DataVersion
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import pandas as pd
    import psycopg

LAKE_WAIT_SECONDS = 90.0
"""The lake commits in larger batches and may lag by a minute; the gate waits so long, and no longer."""

MART_OF_DETECTIONS = "fct_detection"


@dataclass(frozen=True)
class Books:
    """Figures of one topic in one snapshot of the warehouse."""

    read: int
    landed: int
    rejected: int
    duplicate: int
    replayed: int
    span: int
    dead_lettered: int
    in_raw: int
    late: int
    with_extra: int
    by_source: int
    firsts: dict[int, int]


def flow(settings: Settings, schema: str, built_from: DataVersion) -> pd.DataFrame:
    """One row per topic, as `suites.flow` judges it. Waits for the lake to reach what the build was made from.

    Raises CityBrainError when the broker, the warehouse or the lake can't be asked.
    """
    import pandas as pd

    from streams.lake.read import counts

    lake_reach = _wait_for_lake(settings, built_from)
    topics = contracts().values()
    with connect(settings, "dbt") as connection:  # what must be there at least, before anything is counted
        least = {one.topic: _in_raw_up_to(connection, one, lake_reach.get(one.topic, {})) for one in topics}
    lake = counts(settings)
    return pd.DataFrame(
        [
            {
                **_flow(settings, schema, one, built_from.get(one.topic, {})),
                "in_silver": lake[one.topic].silver,
                "silver_low": least[one.topic],
                "lake_reach": sum(lake_reach.get(one.topic, {}).values()),
            }
            for one in topics
        ]
    )


def _flow(settings: Settings, schema: str, contract: Contract, built_from: dict[str, int]) -> dict[str, Any]:
    from streams.bus.admin import topic_offsets

    topic = contract.topic
    with connect(settings, "dbt") as connection:
        in_marts, marts_low = _in_marts(connection, schema, contract, built_from)
    with connect(settings, "dbt") as connection:
        connection.execute("set transaction isolation level repeatable read")
        books = _books(connection, contract)
        marts_high = _known_in_raw(connection, schema, contract, None)
    offsets = topic_offsets(settings, topic)
    # What retention deleted after it was read was produced all the same.
    produced = sum(end - min(first, books.firsts.get(part, first)) for part, (first, end) in offsets.items())
    return {
        "topic": topic,
        "produced": produced,
        "read": books.read,
        "span": books.span,
        # A replay that is rejected again is a record with a fate, but no new dead letter.
        "fates": books.landed
        + books.duplicate
        + books.dead_lettered
        + min(max(books.rejected - books.dead_lettered, 0), books.replayed),
        "landed": books.landed,
        "in_raw": books.in_raw,
        "by_source": books.by_source,
        "silver_high": books.in_raw,
        "build_reach": sum(built_from.values()),
        "in_marts": in_marts,
        "marts_low": marts_low,
        "marts_high": marts_high,
        "late_share": _share(books.late, books.in_raw),
        "dead_letter_share": _share(books.dead_lettered, books.read),
        "waiting_share": _share(max(produced - books.read, 0), produced),
        "extra_share": _share(books.with_extra, books.in_raw),
    }


def _wait_for_lake(settings: Settings, built_from: DataVersion) -> DataVersion:
    """Offsets that the lake holds, never beyond the build's own, so that the comparison is partition by partition."""
    deadline = time.monotonic() + LAKE_WAIT_SECONDS
    while True:
        with connect(settings, "dbt") as connection:
            rows = connection.execute(
                'select topic, "partition", max(last_offset) from ops.lake_ledger group by 1, 2'
            ).fetchall()
        held = {(topic, str(partition)): offset for topic, partition, offset in rows}
        reach = {
            topic: {partition: min(held.get((topic, partition), -1), own) for partition, own in offsets.items()}
            for topic, offsets in built_from.items()
        }
        if reach == built_from or time.monotonic() > deadline:
            return reach
        time.sleep(1)


def _books(connection: psycopg.Connection[Any], contract: Contract) -> Books:
    read, landed, rejected, duplicate, replayed = one_row(
        connection,
        "select coalesce(sum(n_records), 0)::bigint, coalesce(sum(n_landed), 0)::bigint,"
        " coalesce(sum(n_rejected), 0)::bigint, coalesce(sum(n_duplicate), 0)::bigint,"
        " coalesce(sum(n_replayed), 0)::bigint"
        " from ops.load_ledger where topic = %s",
        (contract.topic,),
    )
    reached = connection.execute(
        'select "partition", min(first_offset), max(last_offset) from ops.load_ledger where topic = %s group by 1',
        (contract.topic,),
    ).fetchall()
    (dead,) = one_row(connection, "select count(*) from ops.dead_letter where topic = %s", (contract.topic,))
    in_raw, late, extra = one_row(
        connection,
        f"select count(*), count(*) filter (where is_late), count(extra) from {contract.raw_table}",
    )
    (by_source,) = one_row(
        connection,
        "select coalesce(sum(landed), 0)::bigint from ops.source_progress where topic = %s",
        (contract.topic,),
    )
    return Books(
        read=read,
        landed=landed,
        rejected=rejected,
        duplicate=duplicate,
        replayed=replayed,
        span=sum(last + 1 - first for _, first, last in reached),
        dead_lettered=dead,
        in_raw=in_raw,
        late=late,
        with_extra=extra,
        by_source=by_source,
        firsts={partition: first for partition, first, _ in reached},
    )


def _in_marts(
    connection: psycopg.Connection[Any], schema: str, contract: Contract, built_from: dict[str, int]
) -> tuple[int, int]:
    """Events behind the entities of the marts, and the least they may be: what had landed when the build began."""
    if contract.is_case_topic:
        (in_marts,) = one_row(
            connection,
            f"select coalesce(sum(events_count), 0)::bigint from {schema}.fct_case where source = %s",
            (contract.source_key,),
        )
    else:
        (in_marts,) = one_row(
            connection, f"select coalesce(sum(events_count), 0)::bigint from {schema}.{MART_OF_DETECTIONS}"
        )
    return in_marts, _known_in_raw(connection, schema, contract, built_from)


def _known_in_raw(
    connection: psycopg.Connection[Any], schema: str, contract: Contract, reach: dict[str, int] | None
) -> int:
    """Landed events known by their city's as-of; an event of a city without one counts, for it must not be lost."""
    (count,) = one_row(
        connection,
        f"select count(*) from {contract.raw_table} as e left join {schema}.int_city__as_of as t"
        f" on e.city_code = t.city_code where (t.as_of_utc is null or e.known_at_utc <= t.as_of_utc)"
        f" and {_up_to(reach)}",
    )
    return int(count)


def _in_raw_up_to(connection: psycopg.Connection[Any], contract: Contract, reach: dict[str, int]) -> int:
    (count,) = one_row(connection, f"select count(*) from {contract.raw_table} as e where {_up_to(reach)}")
    return int(count)


def _up_to(reach: dict[str, int] | None) -> str:
    """Condition on the transport key; None: no bound. Partitions that the bound doesn't name are beyond it."""
    if reach is None:
        return "true"
    bounds = [f"(e.kafka_partition = {int(part)} and e.kafka_offset <= {int(last)})" for part, last in reach.items()]
    return f"({' or '.join(bounds) or 'false'})"


def freshness(settings: Settings) -> pd.DataFrame:
    """One row per live city and source with `silence`: time without an event over the contract's limit.

    A city's clock is ours, or, where it lives by recorded time (a simulated city), the last thing it knew.
    """
    import pandas as pd

    with connect(settings, "dbt") as connection:
        rows = connection.execute(
            "with clock as ("
            " select c.city_code, case c.clock when 'recorded' then max(p.last_known_at_utc)"
            " else now() at time zone 'UTC' end as now_utc"
            " from raw.ref_city as c inner join ops.source_progress as p on c.city_code = p.city_code"
            " where c.mode = 'live' group by c.city_code)"
            " select i.city_code, i.source, coalesce(p.landed, 0), clock.now_utc, p.last_event_at_utc,"
            " i.silent_after_days from ops.source_info as i"
            " inner join clock on i.city_code = clock.city_code"
            " left join ops.source_progress as p on i.city_code = p.city_code and i.topic = p.topic"
            " order by 1, 2"
        ).fetchall()
    columns = ["city_code", "source", "landed", "silence"]
    return pd.DataFrame(
        [(city, source, landed, _silence(now, last, limit)) for city, source, landed, now, last, limit in rows],
        columns=columns,
    )


def _silence(now: datetime, last: datetime | None, limit_days: int) -> float | None:
    return None if last is None else max((now - last).total_seconds(), 0.0) / (limit_days * 86_400)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
