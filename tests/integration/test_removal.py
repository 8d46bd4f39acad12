"""What is taken out again is gone from raw, identities and lake, is booked with its reason, and may come back."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from streams.books import ledger, state
from streams.books.removal import Removed, ranges, retire, undo
from streams.builds.build import DROPPED, data_version
from streams.bus.producer import forget_run, produce_run, run_offsets
from streams.errors import CityBrainError
from streams.jobs.lake import Writer, commit, ensure_tables
from streams.lake.read import frame
from streams.settings import CHECKOUT
from streams.warehouse.connection import connect
from tests.fixtures.records import HOTLINE, event
from tests.fixtures.streams import Room, own_room
from tests.integration.test_land import Driver, pair

SAMPLE = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"
SOURCE = event()["source"]
BAD, GOOD = "ingest/bad/1", "ingest/good/1"


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        ensure_tables(made.settings)
        yield made


class Streams(Driver):
    """Lands and writes the lake as the service does; only Spark is left out."""

    def run(self) -> tuple[int, ...]:
        records = self.read()
        counts = super().run()
        told = list(Writer(self.room.settings, self.lander.kernel).write(iter([records])))
        reached = commit(self.room.settings, told, "test", self.batches)
        with connect(self.room.settings, "loader") as connection:
            ledger.note_lake(connection, reached)
        return counts


@pytest.fixture(scope="module")
def streams(room: Room) -> Streams:
    return Streams(room)


def load(streams: Streams, run_name: str, cases: list[str], **data: Any) -> None:
    produce_run(streams.room.settings, run_name, [(HOTLINE.topic, *pair(case, **data)) for case in cases])


def cases(streams: Streams) -> list[str]:
    rows = streams.room.query("select case_id from raw.hotline_ticket order by 1")
    assert sorted(frame(streams.room.settings, "silver", HOTLINE.topic)["case_id"]) == [row[0] for row in rows]
    return [row[0] for row in rows]


def assert_balanced(streams: Streams, dropped: int) -> None:
    found = state.reconcile(streams.room.settings)[HOTLINE.topic]
    assert found.is_balanced, found
    assert found.dropped == dropped
    by_city = streams.room.query("select sum(landed)::int from ops.source_progress where topic = %s", HOTLINE.topic)
    assert by_city == [(found.in_raw,)]
    identities = streams.room.query("select count(*)::int from ops.event_identity")
    assert identities == [(found.in_raw,)]


def test_a_mistaken_load_is_taken_out_and_the_other_stays(streams: Streams) -> None:
    settings = streams.room.settings
    load(streams, GOOD, ["good-1", "good-2"])
    load(streams, BAD, ["bad-1", "bad-2", "bad-3"], time="2026-10-09T00:00:00Z", recordedtime="2026-10-09T00:00:00Z")
    load(streams, GOOD + "b", ["good-3"])
    assert streams.run()[:2] == (6, 6)
    with connect(settings, "loader") as connection:
        before = data_version(connection)
    assert undo(settings, BAD, "wrong year", run_offsets(settings, BAD)) == [Removed(HOTLINE.topic, {SOURCE: 3}, 3)]
    assert cases(streams) == ["good-1", "good-2", "good-3"]
    assert frame(settings, "bronze", HOTLINE.topic).height == 3
    assert_balanced(streams, dropped=3)
    booked = streams.room.query("select cause, run_name, reason, sum(n_events)::int from ops.dropped group by 1, 2, 3")
    assert booked == [("undo", BAD, "wrong year", 3)]
    last = streams.room.query("select max(last_event_at_utc) from ops.source_progress")
    assert last == streams.room.query("select max(event_at_utc) from raw.hotline_ticket"), "its dates are gone as well"
    with connect(settings, "loader") as connection:
        after = data_version(connection)
    assert after != before and after[DROPPED] == {HOTLINE.topic: 3}, "what was published before is out of date"


def test_undone_again_it_takes_nothing_out(streams: Streams) -> None:
    settings = streams.room.settings
    assert undo(settings, BAD, "again", run_offsets(settings, BAD)) == [Removed(HOTLINE.topic, {}, 0)]
    assert_balanced(streams, dropped=3)


def test_the_same_load_can_be_taken_in_again_afterwards(streams: Streams) -> None:
    forget_run(streams.room.settings, BAD)
    load(streams, BAD, ["bad-1", "bad-2", "bad-3"])
    assert streams.run()[:2] == (3, 3)
    assert cases(streams)[:3] == ["bad-1", "bad-2", "bad-3"]
    assert_balanced(streams, dropped=3)


def test_a_load_that_is_under_way_is_not_undone_in_part(streams: Streams) -> None:
    settings = streams.room.settings
    load(streams, "ingest/slow/1", ["slow-1"])
    with pytest.raises(CityBrainError, match="has not landed as a whole"):
        undo(settings, "ingest/slow/1", "too early", run_offsets(settings, "ingest/slow/1"))
    streams.run()
    with pytest.raises(CityBrainError, match="no run 'ingest/none/1'"):
        run_offsets(settings, "ingest/none/1")


def test_events_older_than_the_retention_go_and_the_sums_stay_exact(streams: Streams) -> None:
    settings = streams.room.settings
    old = "2020-05-05T05:00:00Z"
    came = datetime(2020, 5, 5, 6, tzinfo=UTC).replace(tzinfo=None)
    streams.send([pair("old-1", time=old, recordedtime=old), pair("old-2", time=old, recordedtime=old)], at=came)
    streams.send([pair("history", time=old, recordedtime=old)])  # happened then, came in today
    assert streams.run()[:2] == (3, 3)
    streams.room.query("select ops.ensure_ledger_day('2020-05-05')")
    with connect(settings, "owner") as connection:
        connection.execute(
            "insert into ops.source_hour (topic, city_code, hour_utc, landed, late, duplicate, rejected,"
            " unknown_codes, new_fields) values (%s, 'shuifu', '2020-05-05 06:00', 2, 0, 5, 7, 0, 0)",
            (HOTLINE.topic,),
        )
    totals = "select sum(landed)::int, sum(duplicate)::int, sum(rejected)::int from ops.source_hour"
    before = streams.room.query(totals)
    removed = {one.topic: one for one in retire(settings, datetime.now(UTC).date())}
    assert removed[HOTLINE.topic] == Removed(HOTLINE.topic, {SOURCE: 2}, 2)
    assert "history" in cases(streams) and "old-1" not in cases(streams)
    assert_balanced(streams, dropped=5)
    assert streams.room.query(totals) == before, "old hours became one, and no total changed"
    assert streams.room.query("select to_regclass('ops.load_ledger_20200505')") == [(None,)]
    assert streams.room.query("select to_regclass('raw.hotline_ticket_202005') is not null") == [(True,)]
    later = datetime.now(UTC).date() + timedelta(days=settings.raw_retention_days + 2)
    retire(settings, later)
    assert cases(streams) == []
    assert streams.room.query("select to_regclass('raw.hotline_ticket_202005')") == [(None,)]
    assert state.reconcile(settings)[HOTLINE.topic].is_balanced


def test_the_commands_say_what_they_took_out(streams: Streams) -> None:
    load(streams, "ingest/told/1", ["told-1"])
    streams.run()
    refused = streams.room.citybrain("ingest", "--undo", "ingest/told/1")
    assert refused.returncode == 2 and "needs --reason" in refused.stderr
    done = streams.room.citybrain("ingest", "--undo", "ingest/told/1", "--reason", "a test")
    assert done.returncode == 0, done.stderr
    assert f"{HOTLINE.topic}: 1 events taken out of the event log, 1 of the lake" in done.stdout
    states = [json.loads(path.read_text())["run"] for path in Path(streams.room.settings.home, "runs").glob("*.json")]
    assert states and "ingest/told/1" not in states
    kept = streams.room.citybrain("maintain")
    assert kept.returncode == 0, kept.stderr
    assert "0 events older than 800 days taken out" in kept.stdout


def test_a_file_that_was_undone_is_in_no_book_and_is_taken_in_again_as_if_new(streams: Streams, tmp_path: Path) -> None:
    room, file = streams.room, tmp_path / "some.csv"
    with SAMPLE.open(encoding="utf-8", newline="") as whole, file.open("w", encoding="utf-8", newline="") as some:
        csv.writer(some).writerows(islice(csv.reader(whole), 6))
    landed = "select count(*)::int from raw.hotline_ticket where city_code = 'chicago'"
    booked = "select rows_read::int, run_names from ops.adapter_file"

    def take_in() -> str:
        done = room.citybrain("ingest", str(file), "--mapping", "chicago_311")
        assert done.returncode == 0, done.stderr
        streams.run()
        [run] = re.findall(r"^run (\S+)$", done.stdout, re.MULTILINE)
        return str(run)

    run = take_in()
    before = room.query(landed)
    assert before > [(0,)] and room.query(booked) == [(5, [run])]
    take_in()
    assert room.query(booked) == [(5, [run])], "nothing was new, so it is of the first run still"
    undone = room.citybrain("ingest", "--undo", run, "--reason", "a test")
    assert undone.returncode == 0, undone.stderr
    assert (room.query(landed), room.query(booked)) == ([(0,)], [])
    assert take_in() == run
    assert (room.query(landed), room.query(booked)) == (before, [(5, [run])])
    assert state.reconcile(room.settings)[HOTLINE.topic].is_balanced


def test_offsets_become_spans_without_gaps() -> None:
    assert ranges([]) == []
    assert ranges([3]) == [(3, 3)]
    assert ranges([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
