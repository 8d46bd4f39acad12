"""A part that is away is told of by another one within two minutes, and the exit code of `status` says so."""

from __future__ import annotations

import json

import pytest

from streams.settings import Settings
from tests.fixtures.absence import hanging, platform_zh, told_after_seconds
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

WORDS = {"流处理", "消息总线", "任务调度", "看板服务", "数据接口"}


def test_parts_that_hang_are_told_to_readers_within_two_minutes(settings: Settings, citybrain: Run) -> None:
    assert citybrain("status", "--json").returncode == 0
    told_after_seconds(lambda: platform_zh(settings) == "正常")
    with hanging(settings, "streams", "kafka", "airflow-api-server", "superset", "api"):
        took = told_after_seconds(lambda: all(word in platform_zh(settings) for word in WORDS))
        done = citybrain("status", "--json")
        assert done.returncode == 1
        faults = " ".join(fault["what"] for fault in json.loads(done.stdout)["faults"])
        assert "the streams have told no lag" in faults
    print(f"five parts that hang were told of after {took:.0f} s")
    told_after_seconds(lambda: platform_zh(settings) == "正常" and citybrain("status").returncode == 0, limit=300)
