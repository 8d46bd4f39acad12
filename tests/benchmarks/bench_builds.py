"""A build from nothing against one after a few thousand new events: seconds of the whole and of each model.

    python -m tests.benchmarks.bench_builds --events 1000000 --new 5000

A warehouse of its own. A simulated year of the town is landed once and copied in the event log, under other numbers,
until there are that many events; then builds run as `citybrain build` runs them: a full one, one after `--new` more
events have landed, and one after nothing has. Prints one JSON object; seconds are wall clock, and other work on the
machine is in them, so look at the ratio of one run.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from datetime import datetime
from typing import Any

import polars as pl
import psycopg

from streams.books.state import reached
from streams.builds.build import build
from streams.contracts.registry import Contract, contracts
from streams.reference.load import load
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect, one_row
from tests.fixtures import servers
from tests.fixtures.town import lander, on_the_broker, town

NUMBERS = ("parent_case_id", "related_case_id", "parent_record_id")
"""Fields that name another case or record of the same copy."""


def copy(connection: psycopg.Connection[Any], contract: Contract, times: int) -> None:
    """As many towns as `times` in one topic: the same events of other cases, behind those that are there."""
    table = contract.raw_table
    (end,) = one_row(connection, f"select coalesce(max(kafka_offset), 0) + 1 from {table}")
    renamed = {contract.field(contract.subject_field).column, *NUMBERS}
    said = {"event_id": "md5(event_id || town)", "kafka_offset": f"kafka_offset + town * {end}"}
    said |= {name: f"{name} || '-' || town" for name in renamed}
    names = [column.name for column in contract.raw_columns]
    connection.execute(
        f"insert into {table} ({', '.join(names)}) select {', '.join(said.get(name, name) for name in names)}"
        f" from {table}, generate_series(1, {times - 1}) as town"
    )
    counts = ", ".join(f"{name} = {name} * {times}" for name in ("n_records", "n_landed", "n_rejected", "n_duplicate"))
    connection.execute(
        f"update ops.progress set reached = reached + {(times - 1) * end}, {counts} where topic = %s", (contract.topic,)
    )


def behind(settings: Settings, records: pl.DataFrame) -> pl.DataFrame:
    """The records with offsets behind all that has landed."""
    with connect(settings, "loader") as connection:
        known = [(*place, offset + 1) for place, offset in reached(connection).items()]
    schema = {"topic": pl.String(), "partition": pl.Int32(), "next": pl.Int64()}
    ends = pl.DataFrame(known, schema=schema, orient="row")
    return (
        on_the_broker(records)
        .join(ends, on=("topic", "partition"), how="left", maintain_order="left")
        .with_columns(offset=pl.col("offset") + pl.col("next").fill_null(0))
        .drop("next")
    )


def timed(settings: Settings, run_id: str, **options: Any) -> dict[str, Any]:
    """One build: wall seconds, entities made anew, and the seconds of the slowest models."""
    models: dict[str, float] = {}

    def listen(line: str) -> None:
        if found := re.fullmatch(r"\[\d+/\S+\] (\w+) ([\d.]+) s", line):
            models[found[1]] = float(found[2])

    done = build(settings, run_id, progress=listen, **options)
    slowest = sorted(models.items(), key=lambda one: -one[1])
    return {
        "seconds": round(done.seconds, 1),
        "touched": done.touched,
        "models_seconds": round(sum(models.values()), 1),
        "slowest": dict(slowest[:12]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=5_000)
    parser.add_argument("--scale", type=float, default=0.1, help="of the town that is landed and copied")
    options = parser.parse_args()
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        with servers.running_postgres(settings):
            ddl.apply(settings)
            load(settings)
            messages = on_the_broker(town(42, datetime(2025, 10, 1), datetime(2026, 10, 1), options.scale))
            lands, rest = lander(settings), messages.tail(options.new)
            for first in range(0, messages.height - options.new, 50_000):
                lands.land(messages.head(messages.height - options.new).slice(first, 50_000), "bench", first)
            with connect(settings, "owner") as connection:
                for contract in contracts().values():
                    copy(connection, contract, max(1, options.events // messages.height))
            with connect(settings, "owner", autocommit=True) as connection:
                connection.execute("vacuum analyze")
                (events,) = one_row(connection, "select sum(n_landed) from ops.progress")
            result: dict[str, Any] = {"events": int(events)}
            timed(settings, "rules")  # the rules are tested once, and dbt's parsing is kept
            result["full"] = timed(settings, "full", full=True)
            began = time.monotonic()
            lands.land(behind(settings, rest), "bench", -1)
            result["landing_new_seconds"] = round(time.monotonic() - began, 1)
            result["incremental"] = timed(settings, "incremental")
            result["nothing_new"] = timed(settings, "nothing")
    result["ratio"] = round(result["incremental"]["seconds"] / result["full"]["seconds"], 2)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    sys.exit(main())
