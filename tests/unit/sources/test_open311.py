"""The Open311 client against a real server on loopback: nothing lost, nothing twice, nobody named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.errors import CityBrainError
from streams.sources.mapping import Open311
from streams.sources.open311 import TRIES, Pulled, pull
from tests.fixtures.open311 import Answer, Open311Server, Query, Rule, serving

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
REQUESTS = [
    {
        "service_request_id": f"R{number}",
        "status": "open",
        "requested_datetime": (START + timedelta(hours=7 * number)).isoformat(),
        "description": "路灯不亮",
        "first_name": "建国",
        "last_name": "王",
        "phone": "13912345678",
        "email": "w@city.example",
        "device_id": "D-13912345678",
        "account_id": "13912345678",
        "media_url": "https://localhost/13912345678.jpg",
    }
    for number in range(600)
]


def server_with(**options: Any) -> Open311Server:
    return Open311Server(REQUESTS, **options)


def pulled(server: Open311Server, out: Path, **options: Any) -> tuple[Pulled, list[float]]:
    waits: list[float] = []
    with serving(server) as address:
        done = pull(Open311(address, **options), START, END, out, waits.append)
    return done, waits


def numbers(out: Path) -> list[str]:
    return [json.loads(line)["service_request_id"] for line in out.read_text(encoding="utf-8").splitlines()]


ALL = {str(one["service_request_id"]) for one in REQUESTS}


@pytest.mark.parametrize(
    ("server", "options"),
    [
        (server_with(), {}),
        (server_with(), {"page_size": 100}),
        (server_with(cap=40), {}),  # cuts earlier than it was asked to
        (server_with(has_pages=False), {}),
        (server_with(cap=100, has_pages=False), {"page_size": 100}),
        (server_with(cap=50, has_pages=False), {}),  # no pages, and a limit that nobody knows
        (server_with(), {"window_days": 1}),
    ],
    ids=["one page", "pages", "own limit", "no pages", "no pages, full", "no pages, own limit", "days"],
)
def test_every_request_arrives_once_whatever_the_server_s_limits(
    tmp_path: Path, server: Open311Server, options: dict[str, int]
) -> None:
    done, _ = pulled(server, tmp_path / "out.jsonl", **options)
    found = numbers(tmp_path / "out.jsonl")
    assert len(found) == len(set(found)) == done.n_requests == 600
    assert set(found) == ALL
    assert done.n_calls == len(server.queries)


def test_no_question_is_longer_than_the_window_and_the_windows_leave_no_gap(tmp_path: Path) -> None:
    server = server_with()
    pulled(server, tmp_path / "out.jsonl", jurisdiction_id="city.example")
    spans = sorted({(query["start_date"], query["end_date"]) for query in server.queries})
    assert spans == [
        ("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        ("2026-04-01T00:00:00Z", "2026-06-30T00:00:00Z"),
        ("2026-06-30T00:00:00Z", "2026-07-01T00:00:00Z"),
    ]
    assert {query["jurisdiction_id"] for query in server.queries} == {"city.example"}


def test_nobody_who_reported_is_written_down_and_the_file_is_its_owner_s(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    pulled(server_with(), out)
    text = out.read_text(encoding="utf-8")
    assert "13912345678" not in text
    assert "建国" not in text
    assert "路灯不亮" in text
    assert out.stat().st_mode & 0o777 == 0o600


def test_calls_keep_the_rate_and_a_server_that_asks_for_patience_gets_it(tmp_path: Path) -> None:
    def rule(_query: Query, call: int) -> Answer | None:
        busy = {
            2: (429, {"retry-after": "17"}, b""),
            3: (503, {"retry-after": "Thu, 01 Jan 2099 00:00:00 GMT"}, b""),
            4: (500, {}, b"oops"),
            5: (200, {}, b"<html>"),
            6: (200, {"x-length": "999"}, b"[{"),
        }
        return busy.get(call)

    done, waits = pulled(server_with(rule=rule), tmp_path / "out.jsonl", requests_per_minute=20)
    assert done.n_requests == 600
    assert waits[:6] == [3, 17, 300, 4, 8, 16]
    assert set(waits[6:]) == {3}


def test_a_page_that_is_not_there_is_the_end(tmp_path: Path) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        return (404, {}, b"") if query["page"] != "1" else None

    assert pulled(server_with(rule=rule), tmp_path / "out.jsonl")[0].n_requests == 600


def test_a_server_that_stays_down_ends_the_pull_and_what_came_before_is_kept(tmp_path: Path) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        return (502, {}, b"") if query["start_date"].startswith("2026-04") else None

    out = tmp_path / "out.jsonl"
    server = server_with(rule=rule)
    with pytest.raises(CityBrainError, match="could not be read") as caught:
        pulled(server, out)
    assert f"{TRIES} tries; the last: HTTP 502" in caught.value.why
    assert "go on with --since 2026-04-01" in caught.value.remedy
    kept = numbers(out)
    assert f"{len(kept)} requests received before 2026-04-01" in caught.value.what
    early = [one for one in REQUESTS if str(one["requested_datetime"]) < "2026-04-01T"]
    assert kept == [one["service_request_id"] for one in early]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            lambda _q, _c: (403, {}, b'[{"code": 403, "description": "no jurisdiction_id"}]'),
            "HTTP 403 no jur",
        ),
        (lambda _q, _c: (200, {}, b'{"requests": []}'), "a dict"),
        (lambda _q, _c: (200, {}, b"[1]"), "a list"),
        (lambda _q, _c: (200, {"content-type": "text/xml"}, b"<service_requests/>"), "no JSON (text/xml)"),
        (lambda _q, _c: (404, {}, b""), "HTTP 404"),
    ],
)
def test_an_answer_that_can_not_be_used_is_told_with_its_cause(tmp_path: Path, rule: Rule, said: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        pulled(server_with(rule=rule), tmp_path / "out.jsonl")
    assert said in caught.value.why
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="could not be read"):
        pull(Open311("http://127.0.0.1:9/v2"), START, END, tmp_path / "out.jsonl", lambda _seconds: None)


def test_more_requests_in_a_second_than_a_server_without_pages_gives_are_not_lost_in_silence(tmp_path: Path) -> None:
    crowd = json.dumps([{"service_request_id": str(number)} for number in range(200)]).encode()
    with pytest.raises(CityBrainError, match="200 or more requests in one second"):
        pulled(server_with(rule=lambda _q, _c: (200, {}, crowd)), tmp_path / "out.jsonl", page_size=200)
