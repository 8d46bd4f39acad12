"""Two tasks at once: neither waits for the other, each event lands once, and a record at fault stands alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from streams.books import dead_letters as letters
from streams.books import state
from streams.books.dead_letters import Choice
from streams.books.ledger import Tally
from streams.bus import dead_letters
from streams.bus.admin import DLQ_MAX_BYTES, ensure_topics
from streams.contracts.registry import MAX_RECORD_BYTES, TOPIC_MAX_BYTES
from streams.jobs import task
from streams.jobs.query import SLICE_BYTES
from streams.jobs.task import UNPROCESSABLE, slices
from streams.transforms.kernel import Kernel, Parsed
from tests.fixtures.records import HOTLINE, event, frame, key_of, value_of
from tests.fixtures.streams import Pair, Room, own_room
from tests.integration.test_land import Driver, pair

SECONDS = 60.0


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        yield made


@pytest.fixture(scope="module")
def driver(room: Room) -> Driver:
    return Driver(room)


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`paused()`: a context in which the first transaction stands still before its commit, and a hand to let it go."""

    @contextmanager
    def before_commit() -> Iterator[tuple[threading.Event, threading.Event]]:
        arrived, released = threading.Event(), threading.Event()

        def wait(name: str) -> None:
            if name == "before_commit" and not arrived.is_set():
                arrived.set()
                assert released.wait(SECONDS)

        monkeypatch.setattr(task, "failpoint", wait)
        try:
            yield arrived, released
        finally:
            released.set()

    yield before_commit


def sent(driver: Driver, partition: int, *pairs: Pair) -> pl.DataFrame:
    """Produce to that partition, whatever the key says; the records as a task of that partition gets them."""
    producer = Producer({"bootstrap.servers": driver.room.settings.kafka_bootstrap_servers})
    for key, value in pairs:
        producer.produce(HOTLINE.topic, value, key, partition)
    assert producer.flush(60) == 0
    return driver.read().filter(pl.col("partition") == partition)


def counts(tallies: list[Tally]) -> tuple[int, int, int]:
    return tuple(sum(getattr(one, name) for one in tallies) for name in ("landed", "rejected", "duplicate"))  # type: ignore[return-value]


def test_two_partitions_of_a_topic_do_not_wait_for_each_other(driver: Driver, paused: Any) -> None:
    odd = {"unit_code": "moon_office", "colour": "blue"}  # both tell of the same findings, city and hour
    here, there = (sent(driver, number, pair(f"side-{number}", **odd)) for number in (0, 1))
    with paused() as (arrived, released), ThreadPoolExecutor(1) as pool:
        first = pool.submit(driver.lander.land, here, "a", 1)
        assert arrived.wait(SECONDS)
        second = driver.lander.land(there, "b", 1)
        assert counts(second) == (1, 0, 0)
        assert not first.done(), "the second landed while the first stood before its commit"
        released.set()
        assert counts(first.result(SECONDS)) == (1, 0, 0)
    landed = driver.room.query("select sum(landed)::int from ops.source_progress where topic = %s", HOTLINE.topic)
    told = driver.room.query("select sum(events)::int, count(*)::int from ops.source_finding where field = 'unit_code'")
    assert (landed, told) == ([(2,)], [(2, 2)])


@pytest.mark.parametrize(("changed", "expected"), [({}, (0, 0, 1)), ({"unit_code": "OTHER"}, (0, 1, 0))])
def test_one_event_on_two_partitions_lands_once(
    driver: Driver, paused: Any, changed: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """A producer with a partitioner of its own: the slower task waits for the event alone, and judges it again."""
    case = f"torn-{len(changed)}"
    here, there = sent(driver, 2, pair(case)), sent(driver, 3, pair(case, **changed))
    with paused() as (arrived, released), ThreadPoolExecutor(2) as pool:
        first: Future[Any] = pool.submit(driver.lander.land, here, "a", 2)
        assert arrived.wait(SECONDS)
        second = pool.submit(driver.lander.land, there, "b", 2)
        with pytest.raises(TimeoutError):
            second.result(1.0)
        released.set()
        assert counts(first.result(SECONDS)) == (1, 0, 0)
        assert counts(second.result(SECONDS)) == expected
    assert driver.room.query("select count(*)::int from raw.hotline_ticket where case_id = %s", case) == [(1,)]


def test_a_task_that_was_given_up_and_still_works_lands_nothing_twice(driver: Driver, paused: Any) -> None:
    records = sent(driver, 3, pair("late-1"), pair("late-2"))
    with paused() as (arrived, released), ThreadPoolExecutor(2) as pool:
        first = pool.submit(driver.lander.land, records, "a", 3)
        assert arrived.wait(SECONDS)
        again = pool.submit(driver.lander.land, records, "a", 3)
        released.set()
        both = [counts(one.result(SECONDS)) for one in (first, again)]
    assert sorted(both) == [(0, 0, 0), (2, 0, 0)]


class Fragile(Kernel):
    """Breaks whenever it meets a poisoned record, as a hostile one might one day."""

    def parse(self, records: pl.DataFrame) -> list[Parsed]:
        if records["value"].bin.contains(b"poison").fill_null(False).any():
            raise MemoryError
        return super().parse(records)


def fragile(driver: Driver) -> task.Lander:
    own = driver.lander.kernel
    return replace(driver.lander, kernel=Fragile(own.contracts, own.cities, own.places, own.scrub))


def test_a_record_that_nothing_can_process_is_found_and_buried_and_the_rest_lands(driver: Driver) -> None:
    driver.run()
    poison = pair("poison-1")
    driver.send([pair(f"sound-{number}") for number in range(9)] + [poison])
    tallies = fragile(driver).land(driver.read(), "halves", 1)
    assert counts(tallies) == (9, 1, 0)
    (entry,) = letters.find(driver.room.settings, Choice(rule="unprocessable"))
    assert entry.state == "new", "its bytes are kept, and it can be replayed once the code is mended"
    message = driver.room.consume(HOTLINE.dlq)[-1]
    assert (message.key(), message.value()) == poison
    assert letters.replay(driver.room.settings, Choice(rule="unprocessable")).sent == 1
    assert driver.run()[:2] == (1, 1)


def test_a_fault_of_ours_is_not_dead_lettered_by_the_thousand(driver: Driver) -> None:
    driver.send([pair(f"poison-all-{number}") for number in range(3 * UNPROCESSABLE)])
    with pytest.raises(MemoryError):
        fragile(driver).land(driver.read(), "ours", 1)
    found = letters.find(driver.room.settings, Choice(rule="unprocessable"))
    assert len([one for one in found if one.state == "new"]) == UNPROCESSABLE
    assert driver.run()[1] == 2 * UNPROCESSABLE, "the others were left where they are, and land with mended code"


def test_a_slice_is_bounded_in_bytes() -> None:
    big = [(b"k", b"x" * (SLICE_BYTES // 3)) for _ in range(7)] + [(b"k", b"x" * (2 * SLICE_BYTES)), (b"k", None)]
    parts = list(slices(frame(big)))
    sizes = [part["value"].bin.size().sum() for part in parts]
    assert sum(part.height for part in parts) == len(big)
    assert all(size <= SLICE_BYTES or part.height == 1 for size, part in zip(sizes, parts, strict=True))
    assert len(parts) == 5


def test_topics_of_an_earlier_limit_are_altered_and_what_they_let_in_is_dead_lettered_whole(driver: Driver) -> None:
    settings = driver.room.settings
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    resource = ConfigResource(
        ResourceType.TOPIC,
        HOTLINE.topic,
        incremental_configs=[
            ConfigEntry("max.message.bytes", str(4 * MAX_RECORD_BYTES), incremental_operation=AlterConfigOpType.SET)
        ],
    )
    admin.incremental_alter_configs([resource])[resource].result(30)
    large = event(data={"case_id": "large", "attachment": "A" * (2 * MAX_RECORD_BYTES)})
    driver.send([(key_of(large), value_of(large))] * 30)
    assert driver.run() == (30, 0, 30, 0, 0)
    last = driver.room.consume(HOTLINE.dlq)[-1]
    assert (last.value(), dict(last.headers())[dead_letters.RULE_HEADER]) == (value_of(large), b"too_large")
    changed = ensure_topics(settings)
    assert changed == [f"{HOTLINE.topic}: max.message.bytes {4 * MAX_RECORD_BYTES} -> {TOPIC_MAX_BYTES}"]
    assert TOPIC_MAX_BYTES > MAX_RECORD_BYTES and DLQ_MAX_BYTES > 4 * MAX_RECORD_BYTES


def test_the_books_hold_a_row_per_partition_however_much_was_landed(driver: Driver) -> None:
    before = driver.room.query("select count(*)::int from ops.progress")[0][0]
    for number in range(3):
        driver.send([pair(f"steady-{number}")])
        driver.run()
    assert 0 < driver.room.query("select count(*)::int from ops.progress")[0][0] <= max(before, HOTLINE.partitions)
    with_audit = driver.room.query("select count(*)::int from ops.load_ledger")[0][0]
    assert with_audit > before
    known = state.reconcile(driver.room.settings)[HOTLINE.topic]
    assert known.landed == known.in_raw
