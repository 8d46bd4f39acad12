"""What stays between builds: entities in the schema `kept`, of which a build recomputes those that were touched.

An entity (a case, a detection) is a function of its own events alone, so it is recomputed whole, from the event log,
or left as it is. Touched is what an event has landed of since the last build that finished, by the position of each
partition in the books, and what events were taken out of (`citybrain ingest --undo`, retention): its number of events
differs. The list is only emptied by a build that finishes, so one that fails costs nothing but its work. All is built
anew when nothing is kept yet, when the SQL or the seeds that the entities stand on have changed, and when a city has.
Whatever depends on T or on other entities is computed in each run's own schema.

A build as of a past instant keeps what was known then; the next one, as of later or of now, makes anew what became
known in between. From what is known now there is no way back: such a build begins from nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from streams.books.state import progress
from streams.builds.dbt import files_of, hash_of
from streams.contracts.registry import Contract, contracts
from streams.contracts.staging import said_of
from streams.warehouse.connection import one_row

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import psycopg

    Connection = psycopg.Connection[Any]

SCHEMA = "kept"

FOUNDATION = (
    "dbt_project.yml", "macros", "models/staging", "models/intermediate", "seeds/stage_map.csv",
    "seeds/stage_transition.csv",
)  # fmt: skip
"""What the kept entities are made by, inside the dbt project; a test compares it with their ancestors."""

_TABLES = f"""
create table if not exists {SCHEMA}.state (
    fingerprint text not null, position text not null, dropped text not null, as_of_utc timestamp
);
create table if not exists {SCHEMA}.touched (
    source text not null, city_code text not null, subject text not null, primary key (source, city_code, subject)
);
"""


class Kept:
    """The kept entities during one build. `begin`, then dbt, then `finish`; as dbt's login, under the build's lock.

    `as_of`: the instant (UTC) that nothing later is known at; None: all that has landed.
    """

    def __init__(self, connection: Connection, as_of: datetime | None = None) -> None:
        self.connection = connection
        self.as_of = as_of
        self.fingerprint = _fingerprint(connection)
        books = progress(connection)
        self.position = {f"{topic}/{part}": one.reached for (topic, part), one in books.items()}
        self.dropped: dict[str, int] = {}
        for (topic, _), one in books.items():
            self.dropped[topic] = self.dropped.get(topic, 0) + one.dropped

    def begin(self, *, full: bool = False) -> int | None:
        """Make ready what dbt reads: the list of touched entities. How many they are; None: all, from nothing.

        Events that land while this runs may take part; the next build looks at their entities once more.
        """
        known = None if full else self._last()
        if known is None or known[0] != self.fingerprint or _is_after(known[3], self.as_of):
            self.connection.execute(f"drop schema if exists {SCHEMA} cascade")
            self.connection.execute(f"create schema {SCHEMA}")
            self.connection.execute(_TABLES)
            return None
        _, position, dropped, since = known
        for contract in contracts().values():
            if (entity := entity_of(contract)) is not None:
                self._note_landed(contract, position)
                if since is not None:
                    self._note_known(contract, since)
                if self.dropped.get(contract.topic, 0) != dropped.get(contract.topic, 0):
                    self._note_taken_out(contract, entity)
        self.connection.execute(f"analyze {SCHEMA}.touched")
        return int(one_row(self.connection, f"select count(*) from {SCHEMA}.touched")[0])

    def finish(self) -> None:
        """From now on this build is what the next one starts from."""
        with self.connection.transaction():
            self.connection.execute(f"truncate {SCHEMA}.touched, {SCHEMA}.state")
            self.connection.execute(
                f"insert into {SCHEMA}.state values (%s, %s, %s, %s)",
                (self.fingerprint, json.dumps(self.position), json.dumps(self.dropped), self.as_of),
            )

    def _last(self) -> tuple[str, dict[str, int], dict[str, int], datetime | None] | None:
        (is_there,) = one_row(self.connection, f"select to_regclass('{SCHEMA}.state') is not null")
        if not is_there:
            return None
        self.connection.execute(f"alter table {SCHEMA}.state add column if not exists as_of_utc timestamp")
        row = self.connection.execute(
            f"select fingerprint, position, dropped, as_of_utc from {SCHEMA}.state"
        ).fetchone()
        return (row[0], json.loads(row[1]), json.loads(row[2]), row[3]) if row else None

    def _note_landed(self, contract: Contract, position: dict[str, int]) -> None:
        subject = said_of(contract, contract.field(contract.subject_field).column)
        reached = {part: position.get(f"{contract.topic}/{part}", -1) for part in range(contract.partitions)}
        # Literals, not a join: each month's block-range index leads to its last blocks.
        landed = " or ".join(
            [f"(kafka_partition = {part} and kafka_offset > {offset})" for part, offset in reached.items()]
            + [f"kafka_partition >= {contract.partitions}"]
        )
        self.connection.execute(
            f"insert into {SCHEMA}.touched select distinct '{contract.source_key}', city_code, {subject}"
            f" from {contract.raw_table} where {landed} on conflict do nothing"
        )

    def _note_known(self, contract: Contract, since: datetime) -> None:
        """Entities that anything became known of after an instant, though it had landed before."""
        subject = said_of(contract, contract.field(contract.subject_field).column)
        self.connection.execute(
            f"insert into {SCHEMA}.touched select distinct '{contract.source_key}', city_code, {subject}"
            f" from {contract.raw_table} where known_at_utc > %s and (%s::timestamp is null or known_at_utc <= %s)"
            " on conflict do nothing",
            (since, self.as_of, self.as_of),
        )

    def _note_taken_out(self, contract: Contract, entity: str) -> None:
        """Entities that have fewer events than are kept of them: removal puts no event in the place of another."""
        subject = said_of(contract, name := contract.field(contract.subject_field).column)
        of_source = f" where source = '{contract.source_key}'" if contract.is_case_topic else ""
        self.connection.execute(
            f"""
            insert into {SCHEMA}.touched
            select '{contract.source_key}', city_code, subject
            from (
                select city_code, {subject} as subject, count(*) as events
                from {contract.raw_table}
                group by 1, 2
            ) as landed
            full join (
                select city_code, {name} as subject, events_count as events
                from {SCHEMA}.{entity}{of_source}
            ) as known using (city_code, subject)
            where landed.events is distinct from known.events
            on conflict do nothing
            """
        )


def _is_after(kept: datetime | None, wanted: datetime | None) -> bool:
    """Whether what is kept was known later than what is wanted; None: now."""
    return wanted is not None and (kept is None or kept > wanted)


def entity_of(contract: Contract) -> str | None:
    """The kept model with a row per subject of the topic and its number of events; None: nothing of it is kept."""
    if contract.is_case_topic:
        return "int_case__lifecycle"
    return "int_detection__lifecycle" if contract.source_key == "camera.detection" else None


def foundation() -> list[Path]:
    """Files of the dbt project that decide what the kept entities are."""
    return files_of(*FOUNDATION)


def _fingerprint(connection: Connection) -> str:
    cities = connection.execute("select city_code, mode, clock, time_zone from raw.ref_city order by 1").fetchall()
    return hashlib.sha256(f"{hash_of(foundation())} {cities!r}".encode()).hexdigest()
