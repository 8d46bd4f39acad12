"""The books of the event log on a real PostgreSQL and a real broker; only Spark is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import psycopg
import pytest

from streams.books import dead_letters as letters
from streams.books import ledger, state
from streams.books.dead_letters import Choice
from streams.bus import dead_letters
from streams.bus.admin import topic_offsets
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.jobs.drain import wait_drained
from streams.jobs.query import RecordsMissingError, StoppedError, StopSwitch, persistently, starting_offsets
from streams.jobs.service import kernel
from streams.jobs.task import ALARM_RECORDS, Lander
from streams.reference.registry import rows
from streams.transforms.findings import Registers
from streams.transforms.kernel import RECORD_SCHEMA, REPLAY_HEADER
from streams.warehouse.connection import connect
from tests.fixtures.records import CAMERA, HOTLINE, event, key_of, pack, value_of
from tests.fixtures.streams import Pair, Room, own_room


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        yield made


class Driver:
    """Reads what is new on the topics and lands it as Spark's driver does, one batch per call."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.lander = Lander(room.settings, kernel(), Registers.build(rows))
        self.batches = 0

    def send(self, pairs: list[Pair], topic: str = HOTLINE.topic, **options: Any) -> None:
        self.room.produce(topic, pairs, **options)

    def read(self) -> pl.DataFrame:
        with connect(self.room.settings, "loader") as connection:
            reached = state.reached(connection)
        rows = [
            {
                "key": message.key(),
                "value": message.value(),
                "topic": topic,
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": datetime(1970, 1, 1) + timedelta(milliseconds=message.timestamp()[1]),
                "headers": pack(message.headers()),
            }
            for topic in contracts()
            for message in self.room.consume(topic)
            if message.offset() > reached.get((topic, message.partition()), -1)
        ]
        return pl.DataFrame(rows, schema=RECORD_SCHEMA)

    def run(self) -> tuple[int, ...]:
        """Land what is new; (records, landed, rejected, duplicate, replayed) of this batch."""
        self.batches += 1
        tallies = self.lander.land(self.read(), "test", self.batches)
        counts = [(one.span.records, one.landed, one.rejected, one.duplicate, one.replayed) for one in tallies]
        return tuple(sum(column) for column in zip(*counts, strict=True)) or (0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def driver(room: Room) -> Driver:
    return Driver(room)


def pair(case: str, **data: Any) -> Pair:
    attributes = {name: data.pop(name) for name in ("time", "recordedtime") if name in data}
    made = event(data={"case_id": case, **data}, **attributes)
    return key_of(made), value_of(made)


def test_a_repeated_batch_changes_nothing(driver: Driver) -> None:
    driver.send([pair("repeat-1"), pair("repeat-2"), (b"x", b"{")])
    read = driver.read()
    counts = [len(driver.lander.land(read, "again", 1)) for _ in range(3)]
    assert counts[0] >= 1 and counts[1:] == [0, 0]
    assert driver.room.query("select count(*) from ops.load_ledger where app_id = 'again'")[0][0] >= 1
    assert driver.room.query("select count(*) from raw.hotline_ticket where case_id like 'repeat-%%'") == [(2,)]
    assert len(driver.room.consume(HOTLINE.dlq)) == 1


def test_a_batch_that_fails_leaves_nothing_behind(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.send([pair("broken-off"), (b"x", b"{")])
    read = driver.read()

    def fail(*_: object) -> None:
        raise psycopg.OperationalError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "finish", fail)
        with pytest.raises(psycopg.OperationalError):
            driver.lander.land(read, "breaks", 1)
    assert driver.room.query("select count(*) from raw.hotline_ticket where case_id = 'broken-off'") == [(0,)]
    driver.lander.land(read, "breaks", 1)
    assert driver.room.query("select count(*) from raw.hotline_ticket where case_id = 'broken-off'") == [(1,)]
    # The first try's dead letter stands on the DLQ twice, in the books once.
    origins = [books_place(message) for message in driver.room.consume(HOTLINE.dlq)]
    assert len(origins) - len(set(origins)) == 1
    assert driver.room.query("select count(*) from ops.dead_letter") == [(len(set(origins)),)]


def books_place(message: Any) -> tuple[str, ...]:
    headers = dict(message.headers())
    names = ("topic", "partition", "offset")
    return tuple(headers[dead_letters.CONNECT + name].decode() for name in names)


def test_repeats_and_contradictions_are_told_apart_inside_a_batch_and_across(driver: Driver) -> None:
    first, other = pair("twin"), pair("twin", unit_code="OTHER")
    driver.send([first, first, other])
    assert driver.run() == (3, 1, 1, 1, 0)
    driver.send([first, other, other])
    assert driver.run() == (3, 0, 2, 1, 0)
    letters = driver.room.query(
        "select rule_id, city_code, event_source from ops.dead_letter where rule_id = 'id_conflict'"
    )
    assert letters == [("id_conflict", "shuifu", event()["source"])] * 3
    bodies = [message.value() for message in driver.room.consume(HOTLINE.dlq)[-3:]]
    assert bodies == [other[1]] * 3


def test_old_and_new_days_get_their_partitions_and_the_columns_keep_their_values(driver: Driver) -> None:
    old = pair(
        "old", time="2010-01-31T23:59:59.5Z", recordedtime="2026-01-01T00:00:00Z", category_name="", urgency=None
    )
    driver.send([old, pair("new", time="2026-10-01T00:00:00Z", recordedtime="2026-10-01T00:00:00Z", is_duplicate=True)])
    assert driver.run()[:2] == (2, 2)
    rows = driver.room.query(
        "select tableoid::regclass::text, event_at_utc, category_name, urgency, is_duplicate, longitude"
        " from raw.hotline_ticket where case_id in ('old', 'new') order by event_at_utc"
    )
    sent = event()["data"]
    assert rows == [
        (
            "hotline_ticket_201001",
            datetime(2010, 1, 31, 23, 59, 59, 500_000),
            "",
            None,
            sent.get("is_duplicate"),
            sent["longitude"],
        ),
        (
            "hotline_ticket_202610",
            datetime(2026, 10, 1),
            sent["category_name"],
            sent["urgency"],
            True,
            sent["longitude"],
        ),
    ]
    with pytest.raises(psycopg.errors.RaiseException, match="no table of the event log"):
        driver.room.query("select ops.ensure_month_partition('ref_grid', '2026-01-01')")


def test_a_dead_letter_keeps_its_bytes_and_says_why_in_connects_headers(driver: Driver) -> None:
    body = '{"data": "电话13812345678"'.encode("gbk")
    driver.send([(b"\x00key", body)], headers=[("citybrain-run", b"r1")])
    assert driver.run() == (1, 0, 1, 0, 0)
    message = driver.room.consume(HOTLINE.dlq)[-1]
    headers = dict(message.headers())
    assert (message.key(), message.value(), headers["citybrain-run"]) == (b"\x00key", body, b"r1")
    assert headers["citybrain.rule"] == b"not_utf8"
    assert set(headers) >= {
        dead_letters.CONNECT + name
        for name in ("topic", "partition", "offset", "stage", "exception.class.name", "exception.message")
    }
    partition, offset = (int(headers[dead_letters.CONNECT + name]) for name in ("partition", "offset"))
    assert (HOTLINE.topic, partition, offset) in driver.room.query(
        'select topic, partition, "offset" from ops.dead_letter'
    )
    assert not any(b"13812345678" in value for value in headers.values())
    entry, key, value, _ = letters.show(driver.room.settings, HOTLINE.topic, partition, offset)
    assert entry.rule_id == "not_utf8"
    assert "13812345678" not in key + value and "data" in value


def test_a_face_leaves_no_byte_and_can_not_be_replayed(driver: Driver) -> None:
    made = event(CAMERA, data={"detection_type": "face", "name": "somebody"})
    driver.send([(key_of(made, CAMERA), value_of(made))], CAMERA.topic)
    assert driver.run() == (1, 0, 1, 0, 0)
    (message,) = driver.room.consume(CAMERA.dlq)
    assert (message.key(), message.value()) == (None, None)
    (entry,) = letters.find(driver.room.settings, Choice(topic=CAMERA.topic))
    assert (entry.rule_id, entry.state) == ("type_not_allowed", "dropped")
    assert letters.replay(driver.room.settings, Choice(topic=CAMERA.topic)) == letters.Replayed(
        sent=0, waiting=0, dropped=1
    )


def test_a_replay_lands_once_and_is_counted_apart(driver: Driver) -> None:
    settings, now = driver.room.settings, datetime(2026, 1, 1)
    ahead = "2026-01-01T01:00:00Z"
    # Its clock seemed wrong when it came; later its time has passed.
    driver.send([pair("early", time=ahead, recordedtime=ahead)], at=now)
    assert driver.run() == (1, 0, 1, 0, 0)
    (entry,) = letters.find(settings, Choice(rule="future_time"))
    assert letters.replay(settings, Choice(ids=(entry.id,))) == letters.Replayed(sent=1, waiting=0, dropped=0)
    assert letters.replay(settings, Choice(ids=(entry.id,))).sent == 0
    (sent,) = [m for m in driver.room.consume(HOTLINE.topic) if REPLAY_HEADER in dict(m.headers() or ())]
    assert dict(sent.headers()) == {REPLAY_HEADER: entry.id.encode()}
    driver.send([(sent.key(), sent.value())], headers=sent.headers())
    assert driver.run() == (2, 1, 0, 1, 2)
    assert driver.room.query("select count(*) from raw.hotline_ticket where case_id = 'early'") == [(1,)]
    (after,) = letters.find(settings, Choice(rule="future_time"))
    assert (after.state, after.state_reason, after.replay_count) == ("replayed", "duplicate", 1)


def test_a_replay_that_fails_again_makes_no_new_dead_letter(driver: Driver) -> None:
    settings = driver.room.settings
    driver.send([(b"nobody", pair("wrong-key")[1])])
    driver.run()
    (entry,) = letters.find(settings, Choice(rule="key_mismatch"))
    before = topic_offsets(settings, HOTLINE.dlq)
    for count in (1, 2):
        assert letters.replay(settings, Choice(rule="key_mismatch")).sent == 1
        assert driver.run() == (1, 0, 1, 0, 1)
        (after,) = letters.find(settings, Choice(rule="key_mismatch"))
        assert (after.id, after.state, after.replay_count) == (entry.id, "new", count)
        assert after.state_reason == "failed again: key_mismatch"
    assert topic_offsets(settings, HOTLINE.dlq) == before


def test_a_replay_header_that_names_no_dead_letter_is_an_ordinary_record(driver: Driver) -> None:
    forged = [(REPLAY_HEADER, f"{HOTLINE.topic}/0/99999".encode())]
    driver.send([pair("forged"), (b"x", b"{")], headers=forged)
    before = len(letters.find(driver.room.settings))
    assert driver.run() == (2, 1, 1, 0, 0)
    assert len(letters.find(driver.room.settings)) == before + 1


def test_the_books_balance_after_all_of_this(driver: Driver) -> None:
    driver.run()
    result = state.reconcile(driver.room.settings)
    hotline = result[HOTLINE.topic]
    assert hotline.produced == hotline.read > 15
    assert hotline.landed == hotline.in_raw
    assert hotline.produced == hotline.landed + hotline.dead_lettered + hotline.duplicate + hotline.failed_replays
    assert (hotline.replayed, hotline.failed_replays) == (4, 2)
    assert not hotline.is_balanced, "nothing is in the lake yet"
    assert result[CAMERA.topic].dead_lettered == 1


def test_what_came_in_is_told_per_source_and_adds_up_with_the_ledger(driver: Driver) -> None:
    driver.send([pair("drift-1", unit_code="moon_office", colour="blue"), pair("drift-2", unit_code="moon_office")])
    assert driver.run() == (2, 2, 0, 0, 0)
    sums = "sum({}landed)::int, sum({}duplicate)::int, sum({}rejected)::int"
    by_source = driver.room.query(f"select topic, {sums.format('', '', '')} from ops.source_hour group by 1 order by 1")
    by_batch = driver.room.query(
        f"select topic, {sums.format('n_', 'n_', 'n_')} from ops.load_ledger group by 1 order by 1"
    )
    assert by_source == by_batch and len(by_batch) == 2
    with connect(driver.room.settings, "reader") as connection:
        row = connection.execute(
            "select landed, unknown_codes_zh, new_fields, new_fields_zh, source_state_zh, owner_zh, contact"
            " from published.data_health where city_code = 'shuifu' and source = 'hotline.ticket'"
        ).fetchone()
        lost = connection.execute(
            "select rejected, rejected_by_rule_zh, source_state_zh from published.data_health"
            " where city_code = '' and source = 'hotline.ticket'"
        ).fetchone()
    assert row is not None and lost is not None
    landed, codes, fields, field_names, state, owner, contact = row
    assert landed == driver.room.query("select count(*) from raw.hotline_ticket")[0][0]
    assert "单位＝moon_office（2条）" in codes and codes in state
    assert fields >= 1 and "colour（1条）" in field_names
    assert (owner, contact) == (HOTLINE.owner, HOTLINE.contact)
    assert lost[0] > 0 and "不是有效的JSON对象" in lost[1] and "近24小时接入的" in lost[2] and "条中拒收" in lost[2]


def test_a_repeated_batch_is_told_of_once(driver: Driver) -> None:
    driver.send([pair("told-once", unit_code="sun_office")])
    read = driver.read()
    for _ in range(2):
        driver.lander.land(read, "told", 1)
    told = driver.room.query("select events from ops.source_finding where code = 'sun_office'")
    assert told == [(1,)]


def test_a_source_that_seems_to_have_changed_is_said_at_once(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    fresh = [pair(f"changed-{number}") for number in range(ALARM_RECORDS)]
    driver.send([(key, value.replace(b'"stage"', b'"phase"')) for key, value in fresh if key and value])
    with caplog.at_level("WARNING"):
        driver.run()
    assert (
        f"{ALARM_RECORDS} of {ALARM_RECORDS} records rejected, {ALARM_RECORDS} of them by missing_field" in caplog.text
    )


def test_no_screen_shows_the_personal_data_of_a_dead_letter(driver: Driver) -> None:
    phone, number, plate = "13987654321", "530381199001011234", "云C88888"
    made = event(data={"channel": "pigeon", "text": f"机主{phone}", "status_native": plate, "owner": "欧阳娜娜"})
    made["data"]["category_name"] = number
    escaped = json.dumps(made).encode()
    driver.send([(f"shuifu/{phone}".encode(), escaped), (None, f"没有引号 {phone}".encode("utf-16-le"))])
    assert driver.run() == (2, 0, 2, 0, 0)
    listed = driver.room.citybrain("dlq", "list", "--format", "json", "--limit", "2")
    table = driver.room.citybrain("dlq", "list")
    entries = json.loads(listed.stdout)
    assert {one["rule_id"] for one in entries} == {"value_not_allowed", "not_utf8"}
    shown = [driver.room.citybrain("dlq", "show", *one["id"].split("/")) for one in entries]
    for done in (listed, table, *shown):
        assert done.returncode == 0, done.stderr
        spoken = "".join((done.stdout + done.stderr).split()).replace("\x00", "")
        assert not [secret for secret in (phone, number, plate, "欧阳娜娜") if secret in spoken]
    assert "pigeon" in shown[0].stdout + shown[1].stdout
    assert "wait" in table.stdout


def test_a_new_checkpoint_begins_behind_the_books_and_refuses_a_topic_that_was_made_anew(driver: Driver) -> None:
    settings = driver.room.settings
    assert starting_offsets(settings, {}) == "earliest"
    ends = {partition: end for partition, (_, end) in topic_offsets(settings, HOTLINE.topic).items()}
    fullest = max(ends, key=lambda partition: ends[partition])
    found = json.loads(starting_offsets(settings, {(HOTLINE.topic, fullest): 0}))
    earliest = dict.fromkeys(map(str, ends), -2)
    assert found[HOTLINE.topic] == earliest | {str(fullest): 1}
    assert set(found) == set(contracts())
    with pytest.raises(RecordsMissingError, match="ends before what was read"):
        starting_offsets(settings, {(HOTLINE.topic, fullest): ends[fullest]})


def test_waiting_for_a_drain_that_never_comes_says_what_is_left(driver: Driver) -> None:
    told: list[str] = []
    with pytest.raises(CityBrainError) as caught:
        wait_drained(driver.room.settings, 0.0, told.append)
    assert "0 records wait for the event log" in caught.value.why
    assert "landed, 0 are in the lake" in told[0]


def test_an_unknown_rule_topic_or_id_is_refused(driver: Driver) -> None:
    for arguments, word in (
        (["list", "--rule", "no_such"], "no rule"),
        (["list", "--topic", "city.no.such.v1"], "no contract"),
        (["show", HOTLINE.topic, "0", "99999"], "no dead letter"),
        (["replay", "--ids", "nonsense", "--yes"], "names no dead letter"),
    ):
        done = driver.room.citybrain("dlq", *arguments)
        assert done.returncode != 0 and word in done.stderr, done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_comes_back_is_waited_for_and_a_stop_ends_the_wait() -> None:
    switch, tries = StopSwitch(), []

    def flaky() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.OperationalError("starting up")
        return "done"

    assert persistently(switch, "test", flaky) == "done"
    switch.stopping.set()
    tries.clear()
    with pytest.raises(StoppedError):
        persistently(switch, "test", flaky)


def test_a_fault_of_ours_is_not_retried() -> None:
    def wrong() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        persistently(StopSwitch(), "test", wrong)
