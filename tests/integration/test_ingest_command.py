"""`citybrain ingest` against a real broker: what arrives, twice, interrupted, and with rows that are wrong."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.bus.admin import ensure_topics, topic_offsets
from streams.bus.producer import partition_of
from streams.contracts.registry import cities, contract
from streams.contracts.validate import broken_rule
from streams.settings import CHECKOUT, Settings
from streams.sources.mapping import MAPPINGS_DIR
from tests.fixtures.warehouse import fetch, own_warehouse

HOTLINE = "city.hotline.ticket.v1"
FILE = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"


@pytest.fixture
def topics(kafka: Settings) -> Settings:
    ensure_topics(kafka)
    return kafka


def ingest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli.main", "ingest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def total(settings: Settings) -> int:
    return sum(high for _, high in topic_offsets(settings, HOTLINE).values())


def read_after(settings: Settings, starts: dict[int, int]) -> list[tuple[int, bytes | None, bytes | None]]:
    """(partition, key, value) of every record behind the offsets."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "test-ingest"})
    found = []
    for partition, (_, high) in topic_offsets(settings, HOTLINE).items():
        seen = starts[partition]
        consumer.assign([TopicPartition(HOTLINE, partition, seen)])
        while seen < high:
            for message in consumer.consume(min(5000, high - seen), 5):
                found.append((partition, message.key(), message.value()))
                seen = message.offset() + 1
    consumer.close()
    return found


def test_chicago_arrives_whole_keyed_and_valid_and_a_second_time_nothing_is_added(topics: Settings) -> None:
    starts = {partition: high for partition, (_, high) in topic_offsets(topics, HOTLINE).items()}
    first = ingest(str(FILE), "--mapping", "chicago_311")
    assert first.returncode == 0, first.stderr
    assert "5000 rows read, 5000 taken, 0 rejected" in first.stdout
    assert "10163 events sent (accepted 5000, closed 4945, merged 175, voided 43), 0 already there" in first.stdout
    arrived = read_after(topics, starts)
    now, known, hotline = datetime.now(UTC), cities(), contract(HOTLINE)
    assert Counter(broken_rule(hotline, key, value, now=now, cities=known) for _, key, value in arrived) == {
        None: 10_163
    }
    assert all(partition == partition_of(key, 4) for partition, key, _ in arrived)
    again = ingest(str(FILE), "--mapping", "chicago_311")
    assert again.returncode == 0
    assert "0 events sent, 10163 already there" in again.stdout
    assert len(read_after(topics, starts)) == 10_163


def test_a_dry_run_shows_every_column_and_sends_nothing(topics: Settings) -> None:
    before = total(topics)
    shown = ingest(str(FILE), "--mapping", "chicago_311", "--dry-run")
    assert shown.returncode == 0
    assert "would be taken as 10163 events" in shown.stdout
    assert "electricity_grid" in shown.stdout
    assert total(topics) == before


def test_wrong_rows_are_written_with_line_and_reason_and_the_rest_is_sent(topics: Settings, tmp_path: Path) -> None:
    with FILE.open(encoding="utf-8", newline="") as handle:
        header, *rows = list(csv.reader(handle))
    rows = rows[:20]
    rows[3][header.index("status")] = "Vanished"
    rows[7][header.index("created_date")] = "yesterday"
    rows[9] = rows[9][:5]
    for row in rows:
        row[0] = f"TEST-{row[0]}"
    file, rejects = tmp_path / "some.csv", tmp_path / "out" / "rejects.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([[*header, "caller_name"], *([*row, "Jane Roe"] for row in rows)])
    before = {partition: high for partition, (_, high) in topic_offsets(topics, HOTLINE).items()}
    done = ingest(str(file), "--mapping", "chicago_311", "--rejects", str(rejects))
    assert done.returncode == 0, done.stderr
    assert "20 rows read, 17 taken, 3 rejected" in done.stdout
    assert "new column(s) left out: caller_name" in done.stderr
    assert rejects.read_text().splitlines() == [
        "line,reason",
        "5,status Vanished is not in the mapping",
        "9,created_date is no time like %Y-%m-%dT%H:%M:%S%.f or %Y-%m-%dT%H:%M:%S",
        "11,6 cells where the header has 38",
    ]
    arrived = read_after(topics, before)
    assert len({key for _, key, _ in arrived}) == 17
    assert not any(b"Jane Roe" in (value or b"") for _, _, value in arrived)


@pytest.mark.parametrize(
    ("content", "mapping", "said"),
    [
        (None, "chicago_311", "no such file"),
        ("a,b\n1,2\n", "chicago_311", "the file has no column"),
        ("a,b\n1,2\n", "no_such_mapping", "no mapping 'no_such_mapping'"),
        ("PK\x03\x04", "chicago_311", "is no text"),
    ],
)
def test_what_can_not_be_taken_in_is_a_clear_error_and_sends_nothing(
    topics: Settings, tmp_path: Path, content: str | None, mapping: str, said: str
) -> None:
    before, file = total(topics), tmp_path / "file.csv"
    if content is not None:
        file.write_text(content)
    failed = ingest(str(file), "--mapping", mapping)
    assert failed.returncode in (1, 2)
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr
    assert total(topics) == before


def test_an_empty_file_is_a_quiet_day_and_sends_nothing(topics: Settings, tmp_path: Path) -> None:
    before, file = total(topics), tmp_path / "file.csv"
    file.write_text("")
    done = ingest(str(file), "--mapping", "chicago_311")
    assert done.returncode == 0, done.stderr
    assert "0 rows read" in done.stdout
    assert total(topics) == before


def test_a_file_of_which_no_row_can_be_read_is_an_error(topics: Settings, tmp_path: Path) -> None:
    header = FILE.read_text(encoding="utf-8").splitlines()[0]
    file = tmp_path / "bad.csv"
    file.write_text(f"{header}\n{',' * header.count(',')}x\n")
    failed = ingest(str(file), "--mapping", "chicago_311", "--rejects", str(tmp_path / "r.csv"))
    assert failed.returncode == 3
    assert "no row of bad.csv can be taken in" in failed.stderr
    shown = ingest(str(file), "--mapping", "chicago_311", "--dry-run")
    assert shown.returncode == 3
    assert shown.stderr == failed.stderr[failed.stderr.index("error") :]


def test_a_renamed_status_is_an_exit_code_in_the_books_and_gone_when_the_mapping_knows_it(
    topics: Settings, postgres: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FILE.open(encoding="utf-8", newline="") as handle:
        header, *rows = [row for row in csv.reader(handle) if row[3] != "Canceled"][:101]
    status = header.index("status")
    for number, row in enumerate(rows):
        row[0], row[status] = f"RENAMED-{row[0]}", "Open" if number == 99 else "Fertig"
    file, mapping = tmp_path / "renamed.csv", tmp_path / "chicago_311.yaml"
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])
    text = (MAPPINGS_DIR / "chicago_311.yaml").read_text(encoding="utf-8")
    mapping.write_text(text, encoding="utf-8")

    def booked(settings: Settings) -> list[tuple[object, ...]]:
        query = "select adapter_rows, adapter_rejected, adapter_rejected_by_rule_zh from published.data_health"
        return fetch(settings, f"{query} where city_code = 'chicago' and source = 'hotline.ticket'", "reader")

    for waiting in (topics.home / "books").glob("*.json"):
        waiting.unlink()  # of files of other tests
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://citybrain@127.0.0.1:9/citybrain")
    down = ingest(str(file), "--mapping", str(mapping))
    assert down.returncode == 3, down.stderr
    assert "100 rows read, 1 taken, 99 rejected" in down.stdout
    assert "99 of 100 rows of renamed.csv are rejected; the others were sent" in down.stderr
    assert "wait in" in down.stderr
    with own_warehouse(postgres, "test_ingest_books", tmp_path / "lake") as settings:
        monkeypatch.setenv("WAREHOUSE_URL", settings.warehouse_url)
        again = ingest(str(file), "--mapping", str(mapping))
        assert again.returncode == 3, again.stderr
        assert "wait in" not in again.stderr
        assert booked(settings) == [(100, 99, "状态词不在映射中99行")]
        mapping.write_text(text.replace("Completed: [", "Fertig: [accepted]\n    Completed: ["), encoding="utf-8")
        mended = ingest(str(file), "--mapping", str(mapping))
        assert mended.returncode == 0, mended.stderr
        assert booked(settings) == [(100, 0, "")]
