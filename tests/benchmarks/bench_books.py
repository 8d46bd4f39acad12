"""The books with a long history behind them: what "how far is everybody" and `data_health` cost, before and after.

    python -m tests.benchmarks.bench_books --rows 2000000

A warehouse of its own. The ledger gets that many rows, in days; beside it lies a copy in the former shape, one table
with one index, and the former questions are put to it. Prints one JSON object in milliseconds (the best of five, which
other work on the machine spoils least) and the ratio of the two.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import psycopg

from streams.books import state
from streams.contracts.registry import contracts
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect
from tests.fixtures import servers

PER_DAY = 200_000
FORMER_REACHED = 'select topic, "partition", max(last_offset) from bench.ledger group by topic, "partition"'
FORMER_HEALTH = "select topic, sum(n_duplicate), max(committed_at_utc) from bench.ledger group by topic"
HEALTH = "select topic, sum(n_duplicate) from ops.progress group by topic"


def fill(connection: psycopg.Connection[Any], rows: int) -> None:
    """`rows` rows of history over all partitions, PER_DAY a day, and the progress that they come to."""
    places = [(topic, part) for topic, one in contracts().items() for part in range(one.partitions)]
    connection.execute("create temporary table place (number int, topic text, part int)")
    with connection.cursor() as cursor:
        cursor.executemany("insert into place values (%s, %s, %s)", [(n, *place) for n, place in enumerate(places)])
    days = range(0, rows, PER_DAY)
    for day in range(len(days)):
        connection.execute("select ops.ensure_ledger_day(date '2026-01-01' + %s::int)", (day,))
    connection.execute(
        """
        insert into ops.load_ledger
        select
            'land', n, place.topic, place.part, (n / %(places)s) * 100, (n / %(places)s) * 100 + 99, 100, 98, 1, 1, 0,
            md5(n::text), timestamp '2026-01-01' + (n::double precision / %(per_day)s) * interval '1 day'
        from generate_series(0, %(rows)s - 1) as n
        inner join place on place.number = n %% %(places)s
        """,
        {"rows": rows, "places": len(places), "per_day": PER_DAY},
    )
    connection.execute(
        """
        insert into ops.progress (
            topic, "partition", first_offset, reached, n_records, n_landed, n_rejected, n_duplicate
        )
        select topic, "partition", 0, max(last_offset), sum(n_records), sum(n_landed), sum(n_rejected), sum(n_duplicate)
        from ops.load_ledger
        group by 1, 2
        """
    )
    connection.execute(
        """
        create schema bench;
        create table bench.ledger as select * from ops.load_ledger;
        create index on bench.ledger (topic, "partition", last_offset);
        """
    )


def best(work: Any) -> float:
    """Milliseconds."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return round(min(times), 2)


def measure(settings: Settings, rows: int) -> dict[str, Any]:
    with connect(settings, "owner", autocommit=True) as connection:
        fill(connection, rows)
        connection.execute("analyze")
        found = {
            "reached": (
                best(lambda: connection.execute(FORMER_REACHED).fetchall()),
                best(lambda: state.reached(connection)),
            ),
            "duplicates_of_data_health": (
                best(lambda: connection.execute(FORMER_HEALTH).fetchall()),
                best(lambda: connection.execute(HEALTH).fetchall()),
            ),
        }
        health = best(lambda: connection.execute("select * from published.data_health").fetchall())
    return {
        "audit_rows": rows,
        **{name: {"before_ms": old, "after_ms": new, "ratio": round(old / new)} for name, (old, new) in found.items()},
        "data_health_ms": health,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    options = parser.parse_args()
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        with servers.running_postgres(settings):
            ddl.apply(settings)
            print(json.dumps(measure(settings, options.rows), indent=2))


if __name__ == "__main__":
    sys.exit(main())
