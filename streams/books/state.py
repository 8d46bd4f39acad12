"""How far everybody is: one row per partition says it, and nobody asks anything else.

Readers only; `ledger` writes. Any role with rights on `ops` may ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import contracts
from streams.settings import Settings

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True)
class Progress:
    """One partition's books, in records: records = landed + rejected + duplicate + dropped.

    `first`, `reached`: offsets of the first and the last record that has its fate. `dropped`: landed once and taken
    out again. `lake_reached`: last offset that the lake holds, -1 before the first. `replayed` are among `records`.
    """

    first: int
    reached: int
    records: int
    landed: int
    rejected: int
    duplicate: int
    replayed: int
    dropped: int
    landed_at_utc: datetime
    lake_reached: int


def progress(connection: Connection) -> dict[Place, Progress]:
    """Every partition that something was read of."""
    rows = connection.execute(
        """
        select
            topic, "partition", first_offset, reached, n_records, n_landed, n_rejected, n_duplicate, n_replayed,
            n_dropped, landed_at_utc, lake_reached
        from ops.progress
        order by topic, "partition"
        """
    )
    return {(row[0], row[1]): Progress(*row[2:]) for row in rows}


def reached(connection: Connection) -> dict[Place, int]:
    """Last offset of each partition that has its fate."""
    return {place: one.reached for place, one in progress(connection).items()}


def lake_reached(connection: Connection) -> dict[Place, int]:
    """Last offset of each partition that the lake holds; partitions of which it holds nothing are left out."""
    return {place: one.lake_reached for place, one in progress(connection).items() if one.lake_reached >= 0}


@dataclass(frozen=True)
class Reconciliation:
    """Fate of every record of one topic, counted in records.

    `produced`: offsets from the first kept one to the end, less those gone by retention before they were read: the
    books count what was read. `read`: records that have their fate. `dead_lettered`: distinct origins.
    `failed_replays`: records sent again that were rejected again (no new dead letter). `replayed` are among `read`.
    `dropped`: landed once, and taken out again by `citybrain ingest --undo` or by age.
    """

    topic: str
    produced: int
    read: int
    landed: int
    dead_lettered: int
    duplicate: int
    dropped: int
    replayed: int
    failed_replays: int
    in_raw: int
    in_bronze: int
    in_silver: int

    @property
    def is_balanced(self) -> bool:
        """produced = landed + dead-lettered + duplicate + dropped (+ failed replays); the same rows in raw and lake."""
        fates = self.landed + self.dead_lettered + self.duplicate + self.dropped + self.failed_replays
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
    from streams.warehouse.connection import connect, one_row

    lake = counts(settings)
    with connect(settings, "loader") as connection:
        known = progress(connection)
        dead = dict(connection.execute("select topic, count(*) from ops.dead_letter group by topic").fetchall())
        result = {}
        for topic, contract in contracts().items():
            mine = {partition: one for (name, partition), one in known.items() if name == topic}
            (in_raw,) = one_row(connection, f"select count(*) from {contract.raw_table}")
            result[topic] = Reconciliation(
                topic=topic,
                produced=produced(topic_offsets(settings, topic), mine),
                read=sum(one.records for one in mine.values()),
                landed=sum(one.landed for one in mine.values()),
                dead_lettered=dead.get(topic, 0),
                duplicate=sum(one.duplicate for one in mine.values()),
                dropped=sum(one.dropped for one in mine.values()),
                replayed=sum(one.replayed for one in mine.values()),
                failed_replays=sum(one.rejected for one in mine.values()) - dead.get(topic, 0),
                in_raw=in_raw,
                in_bronze=lake[topic].bronze,
                in_silver=lake[topic].silver,
            )
    return result


def produced(offsets: dict[int, tuple[int, int]], known: dict[int, Progress]) -> int:
    """Records of a topic from its offsets on the broker; what retention deleted after it was read counts too."""
    return sum(
        end - (min(first, known[partition].first) if partition in known else first)
        for partition, (first, end) in offsets.items()
    )
