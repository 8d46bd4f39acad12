"""`citybrain simulate` into a real broker: exact, repeatable, paced by the clock, clear about bad arguments."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, TopicPartition
from typer.testing import CliRunner

from streams.bus.admin import ensure_topics, topic_offsets
from streams.bus.producer import RUN_HEADER, SEQ_HEADER
from streams.cli.main import app
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.settings import Settings

SPAN = ("--from", "2026-07-01", "--to", "2026-07-08")


@pytest.fixture
def topics(kafka: Settings) -> Settings:
    ensure_topics(kafka)
    return kafka


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=True)
    if isinstance(result.exception, CityBrainError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def records_of(settings: Settings, run_name: str) -> dict[int, tuple[str, bytes | None, bytes | None]]:
    """Sequence number -> (topic, key, value) of a run, as the broker has it."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "test-simulate"})
    found = {}
    for topic in contracts():
        for partition, (low, high) in topic_offsets(settings, topic).items():
            consumer.assign([TopicPartition(topic, partition, low)])
            seen = low
            while seen < high:
                for message in consumer.consume(min(5000, high - seen), 5):
                    headers = dict(message.headers() or ())
                    if headers.get(RUN_HEADER) == run_name.encode():
                        found[int(headers[SEQ_HEADER])] = (topic, message.key(), message.value())
                    seen = message.offset() + 1
    consumer.close()
    return found


def truth_of(settings: Settings, name: str) -> dict:
    return json.loads((settings.home / "truth" / name / "truth.json").read_text(encoding="utf-8"))


def test_what_is_in_kafka_are_the_bytes_of_the_truth_and_a_second_run_adds_nothing(topics: Settings) -> None:
    first = run("--seed", "5", "--scale", "0.2", *SPAN)
    truth = truth_of(topics, "shuifu-5")
    sent = records_of(topics, truth["run"])
    assert sorted(sent) == list(range(sum(n["produced"] for n in truth["topics"].values())))
    digest = hashlib.sha256()
    for _, (topic, key, value) in sorted(sent.items()):
        digest.update(b"%s\0%d\0%s\0" % (topic.encode(), len(value or b""), key or b"") + (value or b""))
    assert digest.hexdigest() == truth["sha256"]
    assert truth["complete"] is True
    assert f"produced {len(sent):,} records" in first

    before = {topic: topic_offsets(topics, topic) for topic in contracts()}
    assert "nothing to produce" in run("--seed", "5", "--scale", "0.2", *SPAN)
    assert {topic: topic_offsets(topics, topic) for topic in contracts()} == before


def test_another_version_of_the_simulator_adds_nothing_to_a_complete_run_and_refuses_a_half_one(
    topics: Settings,
) -> None:
    run("--seed", "6", "--scale", "0.05", *SPAN)
    path = topics.home / "truth/shuifu-6/truth.json"
    kept = {**truth_of(topics, "shuifu-6"), "sha256": "of an older version"}
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert "nothing produced" in run("--seed", "6", "--scale", "0.05", *SPAN)
    assert truth_of(topics, "shuifu-6") == kept
    path.write_text(json.dumps({**kept, "complete": False}), encoding="utf-8")
    with pytest.raises(CityBrainError, match="another version"):
        run("--seed", "6", "--scale", "0.05", *SPAN)


@pytest.mark.heavy
def test_live_play_keeps_pace_with_the_clock_and_stops_by_ctrl_c(topics: Settings) -> None:
    # 45 minutes ago until in 15 minutes: what is over comes at once, the rest by the clock.
    now = datetime.now(UTC)
    first, to = ((now + timedelta(minutes=m)).isoformat(timespec="seconds") for m in (-45, 15))
    command = [sys.executable, "-m", "streams.cli.main", "simulate", "--seed", "7", "--rate", "live", "--scale", "60"]
    process = subprocess.Popen(
        [*command, "--from", first, "--to", to],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    path = topics.home / "truth/shuifu-7-live/truth.json"
    sent: dict[int, tuple[str, bytes | None, bytes | None]] = {}
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(sent) < 200:
            time.sleep(2)
            sent = records_of(topics, truth_of(topics, "shuifu-7-live")["run"]) if path.exists() else {}
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    truth = truth_of(topics, "shuifu-7-live")
    sent = records_of(topics, truth["run"])
    total = sum(n["produced"] for n in truth["topics"].values())
    assert 200 <= len(sent) < total
    assert sorted(sent) == list(range(len(sent))), "everything up to the stop is there, nothing after it"
    assert process.returncode == 130
    assert f"to go on: citybrain simulate --seed 7 --from {first}" in errors
    assert "complete" not in truth


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday"), "--from 'yesterday' is no date"),
        (("--from", "2026-08-01", "--to", "2026-07-01"), "can't be played"),
        (("--scale", "0"), "can't be played"),
        (("--to", "2999-01-01"), "future"),
    ],
)
def test_bad_arguments_get_a_clear_error_and_exit_code_2(
    topics: Settings, arguments: tuple[str, ...], said: str
) -> None:
    before = {topic: topic_offsets(topics, topic) for topic in contracts()}
    with pytest.raises(CityBrainError, match=said) as error:
        run(*arguments)
    assert error.value.exit_code == 2 and error.value.why and error.value.remedy
    assert {topic: topic_offsets(topics, topic) for topic in contracts()} == before
