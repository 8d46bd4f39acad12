"""A city that nobody has heard of, from its file to Kafka, as its engineer would do it: without any Python."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from openpyxl import Workbook

from streams.bus.admin import ensure_topics, topic_offsets
from streams.contracts.registry import cities, contract
from streams.contracts.validate import broken_rule
from streams.settings import CHECKOUT, Settings
from tests.architecture.test_docs import calls_in_fences
from tests.fixtures.open311 import Open311Server, serving

HOTLINE = "city.hotline.ticket.v1"
STREETS, KINDS, UNITS = ("城关街道", "松岭镇"), ("路灯不亮", "占道经营"), ("市城市管理局", "Public Works")
START = datetime(2026, 3, 1, 8)


@dataclass(frozen=True)
class User:
    """Somebody with a checkout of their own."""

    home: Path

    def citybrain(self, *words: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "streams.cli.main", *words]
        environment = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.home / path).read_text(encoding="utf-8")
        assert old in text, text
        (self.home / path).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def user(tmp_path: Path) -> User:
    shutil.copytree(CHECKOUT / "streams", tmp_path / "streams", ignore=shutil.ignore_patterns("__pycache__"))
    return User(tmp_path)


def workbook(path: Path, closed: int) -> None:
    """Twenty tickets, the first `closed` of them closed; row 9 without a number, row 10 with no time."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["青山市12345热线工单"])
    page.append(
        [
            "工单编号",
            "工单状态",
            "时间",
            None,
            "事项分类",
            "承办单位",
            "所属街道",
            "来电人姓名",
            "联系电话",
            "诉求内容",
            "满意度",
        ]
    )
    page.append([None, None, "受理时间", "办结时间"])
    page.merge_cells("C2:D2")
    for i in range(20):
        at = START + timedelta(hours=i)
        done = i < closed
        page.append(
            [
                None if i == 5 else f"QS-{i:03d}",
                "已办结" if done else "办理中",
                "昨天" if i == 6 else at if i % 2 else at.strftime("%Y/%m/%d %H:%M"),
                at + timedelta(days=1) if done else None,
                KINDS[i % 2],
                UNITS[i % 2],
                STREETS[i % 2],
                "欧阳晓雯",
                f"1381234{i:04d}",
                f"{STREETS[i % 2]}{KINDS[i % 2]}，请回电1381234{i:04d}",
                "满意",
            ]
        )
    book.save(path)


def arrived(settings: Settings, topic: str, source: str, city: str = "qingshan") -> list[dict[str, Any]]:
    """Every event of a city's source in a topic, which other tests fill too, not always with events."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "test-new-city"})
    found = []
    for partition, (low, high) in topic_offsets(settings, topic).items():
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            for message in consumer.consume(high - low, 5):
                low = message.offset() + 1
                if not (message.key() or b"").startswith(f"{city}/".encode()):
                    continue
                value = message.value() or b""
                event = json.loads(value)
                if event["source"] == source:
                    now, known = datetime.now(UTC), {city: cities()["shuifu"]}
                    assert broken_rule(contract(topic), message.key(), value, now=now, cities=known) is None
                    found.append(event)
    consumer.close()
    return found


def test_a_new_city_s_workbook_goes_to_kafka_and_its_next_download_adds_only_new_stages(
    kafka: Settings, user: User, tmp_path: Path
) -> None:
    ensure_topics(kafka)
    file, mapping = tmp_path / "工单.xlsx", "streams/sources/mappings/qingshan_12345.yaml"
    workbook(file, closed=4)
    draft = ("source", "new", "qingshan", str(file), "--system", "12345")
    assert "column 2 has no name" in user.citybrain(*draft, code=1)
    draft += ("--skip-rows", "1", "--header-rows", "2")
    assert "its file needs --name-zh, --name-en, --admin-code" in user.citybrain(*draft, code=2)
    said = user.citybrain(*draft, "--name-zh", "青山市", "--name-en", "Qingshan", "--admin-code", "429099")
    assert f"wrote {mapping}" in said
    assert "wrote streams/contracts/cities/qingshan.yaml" in said

    undecided = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345", "--dry-run", code=2)
    assert "NOT MAPPED" in undecided
    user.citybrain("ingest", str(file), "--mapping", "qingshan_12345", code=2)
    assert arrived(kafka, HOTLINE, "/qingshan/12345") == []
    user.edit(mapping, "  personal: [来电人姓名]", "  personal: [来电人姓名]\n  asked on paper: [满意度]")

    shown = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345", "--dry-run")
    assert "20 rows read, 18 would be taken as 22 events, 2 rejected; nothing was sent" in shown
    assert "row 9: 工单编号 is empty" in shown
    assert "row 10: 时间/受理时间 is no time" in shown
    assert "dropped (personal)" in shown
    assert "no reference row: unit 市城市管理局 (11 events)" in shown
    assert "欧阳" not in shown
    assert "13812340" not in shown

    lacking = user.citybrain("reference", "check")
    assert "draft qingshan: 1 fault(s)" in lacking
    assert "has no category" in lacking
    assert "qingshan is a draft" in user.citybrain("ingest", str(file), "--mapping", "qingshan_12345", code=2)
    assert "qingshan stays a draft" in user.citybrain("source", "on", "qingshan", code=1)
    added = user.citybrain("source", "codes", str(file), "--mapping", "qingshan_12345", "--add")
    assert "added 2 row(s) to streams/reference/data/units.csv" in added
    assert "qingshan is switched on" in user.citybrain("source", "on", "qingshan")
    assert "draft" not in user.citybrain("reference", "check")
    assert "qingshan is no draft" in user.citybrain("source", "on", "qingshan", code=2)
    assert "every code of the file is in the reference data" in user.citybrain(
        "source", "codes", str(file), "--mapping", "qingshan_12345"
    )

    sent = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345")
    assert "22 events sent (accepted 18, closed 4), 0 already there" in sent
    events = arrived(kafka, HOTLINE, "/qingshan/12345")
    assert Counter(event["data"]["stage"] for event in events) == {"accepted": 18, "closed": 4}
    assert {event["data"]["unit_code"] for event in events} == {"public_works", "u002"}
    assert {event["time"] for event in events if event["subject"] == "QS-000"} == {
        "2026-03-01T00:00:00.000Z",
        "2026-03-02T00:00:00.000Z",
    }
    assert "欧阳晓雯" not in str(events)
    assert "1381234" not in str(events)

    workbook(file, closed=10)
    again = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345")
    assert "4 events sent (closed 4), 22 already there" in again
    later = arrived(kafka, HOTLINE, "/qingshan/12345")
    assert len({event["id"] for event in later}) == len(later) == 26

    workbook(file, closed=10)
    user.edit(mapping, "by_name: true", "slug: true")
    changed = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345")
    assert "13 events sent" in changed
    assert "corrected: " in changed
    assert "is told anew" in changed
    events = arrived(kafka, HOTLINE, "/qingshan/12345")
    assert Counter(event["data"].get("basis") for event in events) == {None: 26, "corrected": 13}

    workbook(file, closed=9)
    back = user.citybrain("ingest", str(file), "--mapping", "qingshan_12345")
    assert "1 events sent (reopened 1)" in back
    assert "it had ended and is open again" in back


def test_the_readmes_recipe_as_it_is_written_takes_a_new_city_in(kafka: Settings, user: User, tmp_path: Path) -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## A new city in an hour", 1)[1].split("A second file of the city", 1)[0]
    calls = [shlex.split(call.replace("~/", f"{tmp_path}/")) for call in calls_in_fences(section)]
    new, *steps = [call for call in calls if call[0] in ("source", "ingest", "reference")]
    assert [call[0] for call in steps] == ["ingest", "source", "reference", "source", "ingest"], steps
    ensure_topics(kafka)
    workbook(tmp_path / "calls.xlsx", closed=5)
    assert "wrote streams/sources/mappings/qingshan_12345.yaml" in user.citybrain(*new)
    decided = "  personal: [来电人姓名]\n  asked on paper: [满意度]"  # step 1 of the recipe
    user.edit("streams/sources/mappings/qingshan_12345.yaml", "  personal: [来电人姓名]", decided)
    said = [user.citybrain(*call) for call in steps]
    assert "nothing was sent" in said[0]
    assert "qingshan is switched on" in said[3]
    assert "20 rows read, 18 taken, 2 rejected" in said[4]


def test_a_second_file_of_the_city_in_gb18030_needs_no_second_city_file(
    kafka: Settings, user: User, tmp_path: Path
) -> None:
    ensure_topics(kafka)
    topic, file = "city.department.case.v1", tmp_path / "案件.csv"
    rows = [
        f"CG-{i:03d},2026-03-{i + 1:02d} 08:00:00,{f'2026-03-{i + 2:02d} 08:00:00' if i % 2 else ''},0{i % 2},"
        f'市城市管理局,116.{i},31.2,"积水,\n𠮷家巷口",周工'
        for i in range(12)
    ]
    header = "案件编号,上报时间,结案时间,小类代码,处置部门,经度,纬度,问题描述,上报人"
    file.write_bytes("\ufeff{}\r\n{}\r\nCG坏行,1\r\n".format(header, "\r\n".join(rows)).encode("gb18030"))
    names = ("--name-zh", "青山市", "--name-en", "Qingshan", "--admin-code", "429099")
    user.citybrain("source", "new", "qingshan", str(file), "--system", "chengguan", "--topic", topic, *names)
    exists = user.citybrain("source", "new", "qingshan", str(file), "--system", "chengguan", code=2)
    assert "exists already" in exists
    user.citybrain("source", "codes", str(file), "--mapping", "qingshan_chengguan", "--add")
    user.citybrain("source", "on", "qingshan")
    out = user.citybrain("ingest", str(file), "--mapping", "qingshan_chengguan")
    assert "13 rows read, 12 taken, 1 rejected" in out
    assert "18 events sent (reported 12, closed 6)" in out
    [reject] = list((kafka.home / "rejects").glob("案件-*.csv"))
    assert reject.read_text(encoding="utf-8") == "line,reason\n26,2 cells where the header has 9\n"
    events = arrived(kafka, topic, "/qingshan/chengguan")
    assert {event["data"]["text"] for event in events} == {"积水,\n𠮷家巷口"}
    assert "周工" not in str(events)


def test_an_open311_server_is_drafted_pulled_and_pulled_again_for_its_new_stages(
    kafka: Settings, user: User, tmp_path: Path
) -> None:
    ensure_topics(kafka)
    requests: list[dict[str, Any]] = [
        {
            "service_request_id": f"GH-{number}",
            "status": "open",
            "status_notes": None,
            "service_name": "Pothole",
            "service_code": "PH",
            "description": "call me on 13912345678",
            "agency_responsible": "Public Works",
            "service_notice": None,
            "requested_datetime": f"2026-03-{number + 1:02d}T09:00:00-07:00",
            "updated_datetime": f"2026-03-{number + 1:02d}T09:00:00-07:00",
            "expected_datetime": None,
            "address": "1 Main St",
            "zipcode": "80000",
            "long": -105.0,
            "lat": 39.7,
            "phone": "13912345678",
        }
        for number in range(25)
    ]
    names = ("--name-zh", "绿山", "--name-en", "Greenhill", "--admin-code", "99", "--time-zone", "America/Denver")
    pull = ("source", "pull", "greenhill_311", "--since", "2026-03-01", "--until", "2026-04-01")
    with serving(Open311Server(requests, cap=10)) as address:
        user.citybrain("source", "new", "greenhill", address, *names)
        mapping = "streams/sources/mappings/greenhill_311.yaml"
        user.edit(mapping, "requests_per_minute: 30", "requests_per_minute: 6000")
        file = tmp_path / "pulled.jsonl"
        assert "25 requests in " in user.citybrain(*pull, "--out", str(file))
        user.citybrain("source", "codes", str(file), "--mapping", "greenhill_311", "--add")
        user.citybrain("source", "on", "greenhill")
        first = user.citybrain("ingest", str(file), "--mapping", "greenhill_311")
        assert "25 events sent (accepted 25), 0 already there" in first
        for request in requests[:3]:
            request |= {"status": "closed", "updated_datetime": "2026-03-31T12:00:00-06:00"}
        user.citybrain(*pull, "--out", str(file))
        again = user.citybrain("ingest", str(file), "--mapping", "greenhill_311")
        assert "3 events sent (closed 3), 25 already there" in again
    events = arrived(kafka, HOTLINE, "/greenhill/311", "greenhill")
    assert {event["time"] for event in events if event["data"]["stage"] == "closed"} == {"2026-03-31T18:00:00.000Z"}
    assert "13912345678" not in f"{events}{file.read_text(encoding='utf-8').replace('call me on 13912345678', '')}"


def test_a_pull_that_lacks_something_has_a_code_of_its_own_and_lists_it_and_a_quiet_time_has_none(
    user: User, tmp_path: Path
) -> None:
    crowd = [
        {"service_request_id": f"GH-{number}", "requested_datetime": "2026-03-07T09:00:00Z"} for number in range(40)
    ]
    names = ("--name-zh", "绿山", "--name-en", "Greenhill", "--admin-code", "99", "--time-zone", "America/Denver")
    file = tmp_path / "pulled.jsonl"
    with serving(Open311Server(crowd, cap=20, pages="none")) as address:
        user.citybrain("source", "new", "greenhill", address, *names)
        user.edit("streams/sources/mappings/greenhill_311.yaml", "minute: 30", "minute: 60000")
        pull = ("source", "pull", "greenhill_311", "--out", str(file), "--since")
        said = user.citybrain(*pull, "2026-03-01", "--until", "2026-04-01", code=3)
        header, *gaps = (tmp_path / "pulled.jsonl.gaps.csv").read_text().splitlines()
        assert header == "since_utc,until_utc,reason"
        assert "2026-03-07T09:00:0" in gaps[0]
        assert "pulled.jsonl.gaps.csv" in said
        assert len(file.read_text().splitlines()) == 20
        said = user.citybrain(*pull, "2026-02-01", "--until", "2026-03-01")
        assert "0 requests" in said
        assert "nothing was received" in said
    assert [path.name for path in tmp_path.glob("pulled*")] == ["pulled.jsonl"]


def test_a_pull_that_can_not_be_is_told(user: User) -> None:
    assert "names no server" in user.citybrain("source", "pull", "chicago_311", "--since", "2026-01-01", code=2)
    names = ("--name-zh", "绿山", "--name-en", "Greenhill", "--admin-code", "99", "--time-zone", "America/Denver")
    user.citybrain("source", "new", "greenhill", "http://127.0.0.1:9/open311/v2", *names)
    said = user.citybrain("source", "pull", "greenhill_311", "--since", "2026-01-02", "--until", "2026-01-02", code=2)
    assert "no time between" in said
