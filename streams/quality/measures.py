"""Figures of the flow and of freshness, taken from the broker, the books, the event log, the lake and the marts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from streams.books import state
from streams.builds import suppress
from streams.builds.build import DROPPED, DataVersion
from streams.contracts.registry import Contract, contracts
from streams.errors import CityBrainError
from streams.publications.flow import events_in_marts
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import pandas as pd
    import psycopg

LAKE_WAIT_SECONDS = 90.0
"""The lake commits in larger batches and may lag by a minute; the gate waits so long, and no longer."""


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
        known = {part: one for (name, part), one in state.progress(connection).items() if name == topic}
        (dead,) = one_row(connection, "select count(*) from ops.dead_letter where topic = %s", (topic,))
        (in_raw,) = one_row(connection, f"select count(*) from {contract.raw_table}")
        (by_source,) = one_row(
            connection, "select coalesce(sum(landed), 0)::bigint from ops.source_progress where topic = %s", (topic,)
        )
        marts_high = _known_in_raw(connection, schema, contract, None)
    offsets = topic_offsets(settings, topic)
    parts = known.values()
    produced = state.produced(offsets, known)
    read, landed, rejected, replayed = (
        sum(getattr(one, name) for one in parts) for name in ("records", "landed", "rejected", "replayed")
    )
    return {
        "topic": topic,
        "produced": produced,
        "read": read,
        "span": sum(one.reached + 1 - one.first for one in parts),
        # A replay that is rejected again is a record with a fate, but no new dead letter.
        "fates": landed
        + sum(one.duplicate + one.dropped for one in parts)
        + dead
        + min(max(rejected - dead, 0), replayed),
        "landed": landed,
        "in_raw": in_raw,
        "by_source": by_source,
        "silver_high": in_raw,
        "build_reach": sum(built_from.values()),
        "in_marts": in_marts,
        "marts_low": marts_low,
        "marts_high": marts_high,
        "waiting_share": _share(max(produced - read, 0), produced),
    }


def _wait_for_lake(settings: Settings, built_from: DataVersion) -> DataVersion:
    """Offsets that the lake holds, never beyond the build's own, so that the comparison is partition by partition."""
    wanted = {topic: offsets for topic, offsets in built_from.items() if topic != DROPPED}
    deadline = time.monotonic() + LAKE_WAIT_SECONDS
    while True:
        with connect(settings, "dbt") as connection:
            held = {(topic, str(part)): offset for (topic, part), offset in state.lake_reached(connection).items()}
        reach = {
            topic: {partition: min(held.get((topic, partition), -1), own) for partition, own in offsets.items()}
            for topic, offsets in wanted.items()
        }
        if reach == wanted or time.monotonic() > deadline:
            return reach
        time.sleep(1)


def _in_marts(
    connection: psycopg.Connection[Any], schema: str, contract: Contract, built_from: dict[str, int]
) -> tuple[int, int]:
    """Events behind the entities of the marts, and the least they may be: what had landed when the build began."""
    in_marts = events_in_marts(connection, schema, contract)
    if in_marts is None:
        raise CityBrainError(
            f"{schema} has no mart that accounts for {contract.topic}",
            why="the build of this run was dropped, or its model is gone",
            remedy="build again, then judge",
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


def arrivals(settings: Settings) -> pd.DataFrame:
    """One row per city and source that was heard, with the shares that `suites.arrivals` judges; no city = ''.

    `whose`: the city that answers for the row. Rejects that name no city are those of their source's only city; where
    several cities send it they are nobody's (''), and hold nobody back.
    """
    import pandas as pd

    with connect(settings, "dbt") as connection:
        rows = connection.execute(
            "select city_code, source, landed, late, recent_records, recent_rejected, unknown_codes, new_fields,"
            " recent_adapter_rows, recent_adapter_rejected"
            " from ops.source_health where landed > 0 or rejected > 0 or adapter_rows > 0 order by 1, 2"
        ).fetchall()
    senders: dict[str, list[str]] = {}
    for city, source, landed, *_ in rows:
        if city and landed:
            senders.setdefault(source, []).append(city)
    columns = ["city_code", "source", "late_share", "reject_share", "unknown_share", "extra_share", "recent_records"]
    columns += ["adapter_reject_share", "recent_adapter_rows"]
    return pd.DataFrame(
        [
            (
                *(city, source, _share(late, landed), _share(recent_rejected, recent)),
                *(_share(unknown, landed), _share(extra, landed), recent),
                *(_share(rows_rejected, rows_read), rows_read),
                city or (senders[source][0] if len(senders.get(source, [])) == 1 else ""),
            )
            for city, source, landed, late, recent, recent_rejected, unknown, extra, rows_read, rows_rejected in rows
        ],
        columns=[*columns, "whose"],
    )


def fusion(settings: Settings, schema: str) -> pd.DataFrame:
    """One row per city and source that tells of incidents, with the share of its reports that has no link yet."""
    import pandas as pd

    with connect(settings, "dbt") as connection:
        rows = connection.execute(
            "select city_code, source, count(*), count(*) filter (where awaits_fusion)"
            f" from {schema}.fct_incident_report group by 1, 2 order by 1, 2"
        ).fetchall()
    return pd.DataFrame(
        [(city, source, count, _share(waiting, count)) for city, source, count, waiting in rows],
        columns=["city_code", "source", "reports", "awaiting_share"],
    )


def cells(settings: Settings, schema: str) -> pd.DataFrame:
    """One row per city: what an attack on all values of its door finds. `leaked`: counts under k that are known
    exactly, or to be under k; `protected`: those that were attacked; `source` is '', for a leak is the whole city's.
    """
    import pandas as pd

    with connect(settings, "dbt") as connection:
        found = suppress.audit(connection, schema)
    return pd.DataFrame(
        [(city, "", one.protected, int(one.leaked.sum())) for city, one in sorted(found.items())],
        columns=["city_code", "source", "protected", "leaked"],
    )


def freshness(settings: Settings) -> pd.DataFrame:
    """One row per live city and source with `silence`: time without an event over the contract's limit."""
    import pandas as pd

    with connect(settings, "dbt") as connection:
        rows = connection.execute(
            "select health.city_code, health.source, health.landed, health.silent_days / health.silent_after_days"
            " from ops.source_health as health"
            " inner join ops.city_clock as clock on health.city_code = clock.city_code"
            " where health.mode = 'live' order by 1, 2"
        ).fetchall()
    return pd.DataFrame(rows, columns=["city_code", "source", "landed", "silence"])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
