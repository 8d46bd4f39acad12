"""Dead letters on a real PostgreSQL and a real broker: chosen by rule and source, sent again, given up, expired."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from streams.books import dead_letters as books
from streams.books.dead_letters import EXPIRED, UNKNOWN, Choice, Replayed
from streams.books.state import reconcile
from streams.bus.admin import topic_offsets
from streams.contracts.registry import contract
from streams.errors import CityBrainError
from streams.warehouse.connection import connect
from tests.fixtures.records import HOTLINE, event, key_of, value_of
from tests.fixtures.streams import Pair, Room, own_room
from tests.integration.test_land import Driver

GRID = contract("city.grid.report.v1")
HOTLINE_SOURCE, GRID_SOURCE = event(HOTLINE)["source"], event(GRID)["source"]


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        yield made


@pytest.fixture(scope="module")
def driver(room: Room) -> Driver:
    """Two sources and one record that names none, each rejected."""
    made = Driver(room)
    wrong = [broken("channel", "pigeon", number) for number in range(3)]
    made.send([*wrong, keyless(1), keyless(2), (b"x", b"{")])
    report = event(GRID, data={"stage": "no such stage"})
    made.send([(key_of(report, GRID), value_of(report))], GRID.topic)
    assert made.run()[2] == 7
    return made


def broken(field: str, value: str, number: int) -> Pair:
    made = event(data={"case_id": f"{field}-{number}", field: value})
    return key_of(made), value_of(made)


def keyless(number: int) -> Pair:
    return b"nobody", value_of(event(data={"case_id": f"keyless-{number}"}))


def states(room: Room) -> Counter[str]:
    return Counter(entry.state for entry in books.find(room.settings))


def test_letters_are_chosen_by_rule_and_by_source(driver: Driver) -> None:
    def count(**choice: str) -> int:
        return len(books.find(driver.room.settings, Choice(**choice)))

    assert count() == 7
    assert count(rule="value_not_allowed", source=HOTLINE_SOURCE) == 3
    assert (count(source="hotline.ticket"), count(source=HOTLINE_SOURCE)) == (6, 5)
    assert (count(source="grid.report"), count(source=GRID_SOURCE)) == (1, 1)
    assert count(source=UNKNOWN) == count(rule="not_json") == 1
    assert count(source="grid.report", topic=HOTLINE.topic) == 0
    assert len(books.find(driver.room.settings, limit=2)) == 2


def test_the_summary_counts_each_letter_once(driver: Driver) -> None:
    groups = books.summary(driver.room.settings)
    assert sum(group.letters for group in groups) == 7
    assert {(one.rule_id, one.event_source, one.letters) for one in groups if one.topic == HOTLINE.topic} == {
        ("value_not_allowed", HOTLINE_SOURCE, 3),
        ("key_mismatch", HOTLINE_SOURCE, 2),
        ("not_json", None, 1),
    }
    done = driver.room.citybrain("dlq", "list", "--summary", "--source", "grid.report", "--format", "json")
    (group,) = json.loads(done.stdout)
    assert (group["event_source"], group["letters"], group["state"]) == (GRID_SOURCE, 1, "new")


def test_show_says_what_to_do_and_where_it_is_written(driver: Driver) -> None:
    (entry,) = books.find(driver.room.settings, Choice(rule="not_json"))
    done = driver.room.citybrain("dlq", "show", *entry.id.split("/"))
    assert done.returncode == 0, done.stderr
    assert "streams/contracts/generated/dead_letters.md" in done.stdout
    assert "mend it and have it send again" in done.stdout
    assert "new: waits for people" in done.stdout


def test_dropping_needs_a_reason_and_a_choice(driver: Driver) -> None:
    for arguments, word in (
        (["--rule", "key_mismatch"], "--reason"),
        (["--rule", "key_mismatch", "--reason", " "], "a reason is needed"),
        (["--reason", "nobody wants them"], "nothing says which"),
        (["--ids", "", "--reason", "nobody wants them"], "dropped: 0"),
        (["--source", "no such", "--reason", "nobody wants them"], "no source"),
    ):
        done = driver.room.citybrain("dlq", "drop", *arguments)
        assert word in done.stdout + done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == (0 if word.startswith("dropped") else 2)
    assert states(driver.room) == {"new": 7}


def test_what_is_dropped_stays_counted_with_its_reason_and_is_never_sent(driver: Driver) -> None:
    settings = driver.room.settings
    chosen = ["--rule", "value_not_allowed", "--source", HOTLINE_SOURCE]
    done = driver.room.citybrain("dlq", "drop", *chosen, "--reason", "供应商联系人13987654321说是测试数据")
    assert done.stdout == "dropped: 3\n"
    again = driver.room.citybrain("dlq", "drop", *chosen, "--reason", "and once more")
    assert again.stdout == "dropped: 0\n"
    for entry in books.find(settings, Choice(rule="value_not_allowed", source=HOTLINE_SOURCE)):
        assert (entry.state, entry.replay_count) == ("dropped", 0)
        assert "测试数据" in entry.state_reason and "13987654321" not in entry.state_reason
    assert books.replay(settings, Choice(rule="value_not_allowed", source=HOTLINE_SOURCE)) == Replayed(0, 0, 3)


def test_a_replay_by_source_takes_no_other_source_and_its_history_tells_all(driver: Driver) -> None:
    settings = driver.room.settings
    choice = Choice(rule="key_mismatch", source=HOTLINE_SOURCE)
    before = {topic: topic_offsets(settings, topic) for topic in (HOTLINE.topic, GRID.topic)}
    chosen = ("--rule", "key_mismatch", "--source", HOTLINE_SOURCE)
    unasked = driver.room.citybrain("dlq", "replay", *chosen)
    assert unasked.returncode == 2 and "key_mismatch" in unasked.stdout, "it shows what it would send"
    assert f"citybrain dlq replay --rule key_mismatch --source {HOTLINE_SOURCE} --yes" in unasked.stderr
    assert topic_offsets(settings, HOTLINE.topic) == before[HOTLINE.topic], "nobody said yes"
    done = driver.room.citybrain("dlq", "replay", *chosen, "--yes")
    assert done.stdout.endswith("sent again: 2; still waiting: 0; never to be sent: 0\n")
    assert topic_offsets(settings, GRID.topic) == before[GRID.topic]
    assert books.replay(settings, choice).sent == 0, "they are on their way"
    assert driver.run() == (2, 0, 2, 0, 2)
    assert books.replay(settings, choice).sent == 2
    assert driver.run() == (2, 0, 2, 0, 2)
    for entry in books.find(settings, choice):
        *_, history = books.show(settings, entry.topic, entry.partition, entry.offset)
        assert [(one.state, one.state_reason, one.replay_count) for one in history] == [
            ("new", "waits for people", 0),
            ("replayed", "sent again, not read yet", 1),
            ("new", "failed again: key_mismatch", 1),
            ("replayed", "sent again, not read yet", 2),
            ("new", "failed again: key_mismatch", 2),
        ]


@pytest.mark.parametrize("arguments", [[], ["--all", "--rule", "key_mismatch"]])
def test_a_replay_without_a_filter_or_all_sends_nothing(driver: Driver, arguments: list[str]) -> None:
    before = {topic: topic_offsets(driver.room.settings, topic) for topic in (HOTLINE.topic, GRID.topic)}
    done = driver.room.citybrain("dlq", "replay", *arguments, "--yes")
    assert done.returncode == 2 and "--all" in done.stderr
    assert {topic: topic_offsets(driver.room.settings, topic) for topic in before} == before


def test_history_can_not_be_rewritten_by_the_streams(driver: Driver) -> None:
    for statement in (
        "delete from ops.dead_letter_history",
        "update ops.dead_letter_history set state_reason = 'nothing happened'",
        "insert into ops.dead_letter_history select * from ops.dead_letter_history",
    ):
        with connect(driver.room.settings, "loader") as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()


def test_an_expired_letter_is_dropped_with_that_reason_and_the_rest_of_its_batch_is_sent(driver: Driver) -> None:
    settings = driver.room.settings
    driver.send([keyless(3), keyless(4)])
    driver.run()
    waiting = [entry for entry in books.find(settings, Choice(rule="key_mismatch")) if entry.state == "new"]
    assert len(waiting) == 4
    newest = max(entry.dlq_offset for entry in waiting)
    gone = {entry.id for entry in waiting if entry.dlq_offset < newest}
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for future in admin.delete_records([TopicPartition(HOTLINE.dlq, 0, newest)]).values():
        future.result(30)
    assert books.replay(settings, Choice(rule="key_mismatch")) == Replayed(sent=1, waiting=0, dropped=3, expired=3)
    expired = {entry.id for entry in books.find(settings) if entry.state_reason == EXPIRED}
    assert expired == gone
    assert driver.run() == (1, 0, 1, 0, 1)
    shown = driver.room.citybrain("dlq", "show", *next(iter(gone)).split("/"))
    assert shown.returncode == 0, shown.stderr
    assert "outlived" in shown.stdout and EXPIRED in shown.stdout


def test_a_place_on_the_topic_that_another_letter_has_taken_is_not_sent_for_it(driver: Driver) -> None:
    """As after the dead-letter topic was made anew: the offset is there, but it is somebody else's."""
    settings = driver.room.settings
    (entry,) = [one for one in books.find(settings, Choice(rule="key_mismatch")) if one.state == "new"]
    (other,) = books.find(settings, Choice(source=UNKNOWN))
    assert entry.dlq_offset != other.dlq_offset
    with connect(settings, "loader") as connection:
        place = (entry.dlq_partition, entry.dlq_offset, other.topic, other.partition, other.offset)
        connection.execute(
            "update ops.dead_letter set dlq_partition = %s, dlq_offset = %s"
            ' where topic = %s and "partition" = %s and "offset" = %s',
            place,
        )
    assert books.replay(settings, Choice(ids=(other.id,))) == Replayed(sent=0, waiting=0, dropped=1, expired=1)


def test_the_books_still_balance_and_every_letter_has_one_state(driver: Driver) -> None:
    found = reconcile(driver.room.settings)
    assert sum(states(driver.room).values()) == sum(one.dead_lettered for one in found.values()) == 9
    hotline = found[HOTLINE.topic]
    assert hotline.produced == hotline.landed + hotline.dead_lettered + hotline.duplicate + hotline.failed_replays
    assert hotline.failed_replays == 5


def test_an_unknown_choice_is_refused_with_what_there_is(driver: Driver) -> None:
    for choice, words in (
        (Choice(rule="no_such"), "known rules: registry_frame"),
        (Choice(source="petition"), "petition.matter"),
        (Choice(ids=("nonsense",)), "topic/partition/offset"),
        (Choice(ids=(f"{HOTLINE.topic}/0/99999",)), "books have none"),
    ):
        with pytest.raises(CityBrainError) as caught:
            books.find(driver.room.settings, choice)
        assert words in caught.value.why
