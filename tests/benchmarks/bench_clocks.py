"""Due times, worked minutes and pauses of many cases: in SQL, in arrays of Python, row by row, and by a peer.

    python -m tests.benchmarks.bench_clocks --cases 1000000

A warehouse of its own. The same generated cases (four clocks, two cities, a tenth with pauses) go through
`macros/clock.sql` and through `streams.clocks.clock`; both must give the same answer in each case, or nothing is
printed. A sample goes through the clocks case by case, as code without arrays would do. The package `workclock`,
fetched into a throw-away environment, answers the part that both can do, in the same run: working time and due times by
working hours in Chicago, as it knows no make-up days and no pauses; its answers must be ours. A year is announced, with
as many cases open and provisional. Prints one JSON object; seconds are of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from streams.builds import calendars as loaded
from streams.builds import redate
from streams.builds.clock_macros import clock_macros
from streams.builds.runs import recorded
from streams.clocks import calendars
from streams.clocks.announcements import Notice
from streams.clocks.clock import Pauses, due, worked_us
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect
from tests.fixtures import servers
from tests.fixtures.clock_cases import CASES, KEY, PAUSES, Cases, answered, generated

PEER = "workclock==0.1.2"
LOOP_CASES = 2_000
SCHEMA = "wap_bench"


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return round(time.perf_counter() - began, 2), found


def told(connection: psycopg.Connection[Any], cases: Cases) -> None:
    for table, columns, rows in (("cases", CASES, cases.rows()), ("pauses", PAUSES, cases.pause_rows())):
        connection.execute(f"create table bench.{table} ({columns})".encode())
        with connection.cursor() as cursor, cursor.copy(f"copy bench.{table} from stdin".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(f"analyze bench.{table}".encode())


def in_sql(settings: Settings, cases: Cases) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    macros = clock_macros()
    with connect(settings, "owner") as connection:
        connection.execute("create schema bench")
        told(connection, cases)
        connection.execute(macros.by_hash_alone())
        seconds = {}
        for table, query in (
            ("due", macros.due_at("bench.cases", "bench.pauses", KEY)),
            ("worked", macros.worked_minutes("bench.cases", "bench.pauses", KEY)),
        ):
            made = f"create table bench.{table} as {query}".encode()
            seconds[table], _ = timed(partial(connection.execute, made))
        rows = connection.execute(
            "select coalesce((extract(epoch from due_at_utc) * 1000000)::bigint, -1), is_paused, is_provisional,"
            " round((worked_minutes * 60000000)::numeric)::bigint, round((paused_minutes * 60000000)::numeric)::bigint"
            " from bench.due inner join bench.worked using (city_code, case_id) order by case_id"
        ).fetchall()
    names = ("due_us", "is_paused", "is_provisional", "worked_us", "paused_us")
    return seconds, dict(zip(names, np.array(rows).T, strict=True))


def in_a_loop(cases: Cases) -> float:
    """Seconds for a million, by a call for each case."""
    calendar_of = {city: calendars.of_city(city) for city in np.unique(cases.city).tolist()}

    def each() -> None:
        for case in range(LOOP_CASES):
            calendar = calendar_of[str(cases.city[case])]
            mine = cases.pauses.case == case if case in paused else None
            pauses = (
                Pauses(cases.pauses.case[mine] - case, cases.pauses.start_us[mine], cases.pauses.end_us[mine])
                if mine is not None
                else Pauses.none()
            )
            due(calendar, str(cases.clock[case]), [cases.limit[case]], [cases.start_us[case]], pauses)
            worked_us(calendar, [cases.start_us[case]], [cases.end_us[case]], pauses)

    paused = set(cases.pauses.case.tolist())
    return round(timed(each)[0] * 1_000_000 / LOOP_CASES, 1)


PEER_SCRIPT = """
import json, sys, time
from datetime import date, time as at
import numpy as np
from workclock import Holidays, Schedule, WorkDay
said = np.load(sys.argv[1])
off = Holidays([date.fromisoformat(day) for day in said["off"].tolist()])
schedule = Schedule([WorkDay(at(8), at(12)), WorkDay(at(14), at(18)), off], time_zone=sys.argv[2])
start, end = (said[name].astype("datetime64[us]") for name in ("start", "end"))
began = time.perf_counter()
between = schedule.between_many(start, end)
between_seconds = time.perf_counter() - began
began = time.perf_counter()
due = schedule.add_many(start, said["amount"].astype("timedelta64[us]"))
due_seconds = time.perf_counter() - began
np.savez(sys.argv[3], worked=between.astype(np.int64), due=due.astype(np.int64))
print(json.dumps({"worked": between_seconds, "due": due_seconds}))
"""


def beside_the_peer(cases: Cases) -> dict[str, Any]:
    """Seconds of both for working time and due times by working hours in Chicago, which has no make-up days."""
    calendar = calendars.of_city("chicago")
    start, end = cases.start_us, np.maximum(cases.end_us, cases.start_us)
    hours = np.asarray(cases.limit, dtype=np.int64)
    off = [day.isoformat() for day, worked in calendar.definition.exceptions.items() if not worked]
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python = Path(place) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER, "numpy"], check=True)
        asked, answer = Path(place) / "asked.npz", Path(place) / "answer.npz"
        np.savez(asked, start=start, end=end, amount=hours * 3_600_000_000, off=np.array(off))
        command = [python, "-c", PEER_SCRIPT, asked, calendar.zone.key, answer]
        peer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        theirs = np.load(answer)
        worked_seconds, worked = timed(lambda: worked_us(calendar, start, end))
        due_seconds, dues = timed(lambda: due(calendar, "work_hour", hours, start))
        if not (worked == theirs["worked"]).all() or not (dues.due_us == theirs["due"]).all():
            raise SystemExit("the answers differ from the peer's")
    ours, other = worked_seconds + due_seconds, sum(peer.values())
    return {
        "peer": PEER,
        "peer_seconds": {name: round(seconds, 2) for name, seconds in peer.items()},
        "our_seconds": {"worked": worked_seconds, "due": due_seconds},
        "our_share": round(ours / other, 3),
    }


def announced(settings: Settings, count: int) -> dict[str, Any]:
    """A year's notice, with as many open cases whose deadlines reach into that year."""
    with connect(settings, "dbt") as connection:
        connection.execute(
            f"""
            create schema {SCHEMA};
            create table {SCHEMA}.int_clock__pause (
                city_code text, source text, case_id text, paused_at_utc timestamp, resumed_at_utc timestamp
            );
            create table {SCHEMA}.int_clock__due as
            select
                'shuifu' as city_code, 'bench' as source, n::text as case_id, 'work_day' as clock, 10 as time_limit,
                false as rolls_to_workday, timestamp '2026-12-31 02:00' + n * interval '1 second' as started_at_utc,
                null::timestamp as due_at_utc, true as is_provisional, false as is_stopped
            from generate_series(1, {count}) as n
            """.encode()
        )
    with recorded(settings, "bench", "build") as detail:
        detail["schema"] = SCHEMA
    off = [date(2027, 1, 1) + timedelta(days=n) for n in range(12)]
    days = {day: False for day in off if day.weekday() < 5}
    done = redate.announce(settings, Notice("china", 2027, days, {}, "bench", "bench", ""))
    return {"open_cases": done.examined, "moved": done.moved, "seconds": round(done.seconds, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    options = parser.parse_args()
    cases = generated(options.cases, 1, paused_share=0.1)
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        with servers.running_postgres(settings):
            ddl.apply(settings)
            load_seconds, _ = timed(lambda: loaded.load(settings))
            sql_seconds, sql = in_sql(settings, cases)
            python_seconds, python = timed(lambda: answered(cases, calendars.of_city))
            for name, values in sql.items():
                if wrong := int((values != python[name]).sum()):
                    raise SystemExit(f"SQL and Python differ in {name} of {wrong} cases")
            moved = announced(settings, options.cases)
    found = {
        "cases": options.cases,
        "pauses": len(cases.pauses.case),
        "differences_of_sql_and_python": 0,
        "load_both_cities_seconds": load_seconds,
        "postgresql_seconds": sql_seconds,
        "python_arrays_seconds": python_seconds,
        "python_row_by_row_seconds": in_a_loop(cases),
        "announce": moved,
        "beside_the_peer": beside_the_peer(cases),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.exit(main())
