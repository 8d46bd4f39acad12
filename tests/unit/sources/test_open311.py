"""The Open311 client against a real server on loopback: all or told, nothing twice, nobody named, never without end."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.errors import CityBrainError
from streams.sources.georeport import TRIES
from streams.sources.mapping import Open311
from streams.sources.open311 import Pulled, pull
from tests.fixtures.open311 import (
    Answer,
    Open311Server,
    Query,
    Rule,
    as_list,
    as_xml,
    days,
    exact,
    ignored,
    inside,
    local_days,
    serving,
    whole_days,
)

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def request(number: int, received: datetime, **more: Any) -> dict[str, Any]:
    return {
        "service_request_id": f"R{number}",
        "status": "open",
        "requested_datetime": received.isoformat(),
        "description": "路灯不亮",
        **more,
    }


REQUESTS = [
    request(
        number,
        START + timedelta(hours=7 * number),
        first_name="建国",
        last_name="王",
        phone="13912345678",
        email="w@city.example",
        device_id="D-13912345678",
        account_id="13912345678",
        media_url="https://localhost/13912345678.jpg",
        extended_attributes={"phone": "13912345678", "lane": 2},
    )
    for number in range(600)
]
ALL = {str(one["service_request_id"]) for one in REQUESTS}
BUSY_DAY = [request(number, START + timedelta(days=40, minutes=4 * number)) for number in range(300)]


def server_with(**options: Any) -> Open311Server:
    return Open311Server(REQUESTS, **options)


def pulled(server: Open311Server, out: Path, **options: Any) -> tuple[Pulled, list[float]]:
    waits: list[float] = []
    with serving(server) as address:
        done = pull(Open311(address, **options), START, END, out, waits.append)
    return done, waits


def numbers(out: Path) -> list[str]:
    return [json.loads(line)["service_request_id"] for line in out.read_text(encoding="utf-8").splitlines()]


def taken(server: Open311Server, folder: Path, **options: Any) -> set[str]:
    """The numbers of a pull that must be whole, each there once."""
    done, _ = pulled(server, folder / "out.jsonl", **options)
    found = numbers(folder / "out.jsonl")
    assert done.gaps == ()
    assert len(found) == len(set(found)) == done.n_requests
    assert done.n_calls == len(server.queries)
    return set(found)


# --- all of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize(
    ("cap", "pages", "options"),
    [
        (1000, "own", {}),
        (1000, "none", {"window_days": 7}),
        (100, "asked", {"page_size": 100}),
        (40, "own", {}),  # cuts earlier than it was asked to
        (50, "none", {}),
    ],
)
def test_every_request_arrives_once_whatever_the_server_s_limits(
    tmp_path: Path, cap: int, pages: str, options: dict[str, int], newest_first: bool
) -> None:
    assert taken(server_with(cap=cap, pages=pages, newest_first=newest_first), tmp_path, **options) == ALL


@pytest.mark.parametrize("pages", ["own", "asked", "none"])
def test_a_server_that_gives_20_of_300_whatever_is_asked_gives_all_300(tmp_path: Path, pages: str) -> None:
    server = Open311Server(REQUESTS[:300], cap=20, pages=pages)
    assert len(taken(server, tmp_path)) == 300
    assert len(server.queries) < 100


def test_requests_that_arrive_between_two_calls_push_none_out(tmp_path: Path) -> None:
    def grows(call: int) -> list[dict[str, Any]]:
        return [request(10_000 + call, END - timedelta(hours=1) + timedelta(seconds=call))]

    for pages in ("none", "own"):
        server = server_with(cap=100, pages=pages, newest_first=True, grows=grows)
        assert taken(server, tmp_path) >= ALL


@pytest.mark.parametrize("reads", [exact, inside, days, whole_days, local_days])
def test_a_server_that_takes_times_in_its_own_way_gives_all(
    tmp_path: Path, reads: Callable[[datetime, datetime], tuple[datetime, datetime]]
) -> None:
    at_midnight = [request(number, START + timedelta(days=number - 700)) for number in range(700, 881)]
    for cap in (1000, 40):
        assert taken(Open311Server(REQUESTS + at_midnight, cap=cap, pages="none", reads=reads), tmp_path) == {
            *ALL,
            *(one["service_request_id"] for one in at_midnight),
        }


@pytest.mark.parametrize("reads", [days, whole_days, local_days])
def test_a_day_too_full_for_a_server_that_cuts_times_off_comes_by_pages_or_is_told(
    tmp_path: Path, reads: Callable[[datetime, datetime], tuple[datetime, datetime]]
) -> None:
    for newest_first in (False, True):
        server = Open311Server(BUSY_DAY, cap=20, reads=reads, newest_first=newest_first)
        assert len(taken(server, tmp_path)) == 300
        server = Open311Server(BUSY_DAY, cap=20, pages="none", reads=reads, newest_first=newest_first)
        done, _ = pulled(server, tmp_path / "out.jsonl")
        assert 20 <= done.n_requests < 300
        received = START + timedelta(days=40)
        assert any(gap.since <= received and gap.until >= received + timedelta(hours=20) for gap in done.gaps), done
        assert sum((gap.until - gap.since for gap in done.gaps), timedelta()) <= timedelta(days=4)
        assert done.n_calls < 100


def test_requests_of_one_second_come_by_pages_or_are_told(tmp_path: Path) -> None:
    crowd = [request(number, START + timedelta(days=9, hours=3)) for number in range(200)]
    assert len(taken(Open311Server(REQUESTS[:30] + crowd[30:], cap=50), tmp_path)) == 200
    done, _ = pulled(Open311Server(crowd, cap=50, pages="none"), tmp_path / "out.jsonl")
    assert done.n_requests == 50
    assert [gap.until - gap.since <= timedelta(seconds=3) for gap in done.gaps] == [True]
    assert "may be its limit" in done.gaps[0].why


def test_answers_that_contradict_each_other_are_no_proof(tmp_path: Path) -> None:
    """A server that leaves out some requests at each call, under any limit: what one answer had, the next must have."""
    dice = random.Random(5)

    def rule(query: Query, _call: int) -> Answer | None:
        since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        found = [one for one in server.found(since, until) if dice.random() < 0.7]
        return 200, {}, as_list(found)

    server = server_with(rule=rule)
    done, _ = pulled(server, tmp_path / "out.jsonl")
    assert done.n_requests == 600 or done.gaps


def test_a_list_that_ignores_the_dates_and_moves_ends_and_is_told(tmp_path: Path) -> None:
    def grows(call: int) -> list[dict[str, Any]]:
        return [request(10_000 + call, END + timedelta(minutes=call))]

    for pages in ("none", "own"):
        server = server_with(cap=100, pages=pages, reads=ignored, newest_first=True, grows=grows)
        done, _ = pulled(server, tmp_path / "out.jsonl")
        assert done.n_calls < 60
        assert (done.n_requests == 600) or [(gap.since, gap.until) for gap in done.gaps] == [(START, END)]
        assert (pages == "own") == (done.gaps == ())
        assert set(numbers(tmp_path / "out.jsonl")) <= ALL


def test_a_newest_list_with_times_of_its_own_making_does_not_go_on_for_ever(tmp_path: Path) -> None:
    """Whatever it is asked, it answers 50 requests of just that time, one of them new."""

    def rule(query: Query, call: int) -> Answer | None:
        return 200, {}, as_list([request(call + n, datetime.fromisoformat(query["end_date"])) for n in range(50)])

    with serving(server_with(rule=rule)) as address:
        done = pull(Open311(address), START, START + timedelta(days=5), tmp_path / "out.jsonl", lambda _seconds: None)
    assert done.n_calls < 600
    assert done.gaps[-1].until == START + timedelta(days=5)


def test_a_list_without_times_that_is_always_the_same_is_told(tmp_path: Path) -> None:
    crowd = as_list([{"service_request_id": str(number)} for number in range(200)])
    done, _ = pulled(server_with(rule=lambda _q, _c: (200, {}, crowd)), tmp_path / "out.jsonl", page_size=200)
    assert done.n_requests == 200
    assert [(gap.since, gap.until) for gap in done.gaps] == [(START, END)]
    assert done.n_calls < 60


def test_what_lies_outside_of_the_asked_time_is_left_out(tmp_path: Path) -> None:
    outside = [
        request(900 + n, at) for n, at in enumerate((START - timedelta(seconds=1), END, END + timedelta(hours=5)))
    ]
    assert taken(Open311Server(REQUESTS + outside), tmp_path) == ALL


def test_no_question_is_longer_than_the_window_and_together_they_leave_no_gap(tmp_path: Path) -> None:
    server = server_with()
    assert taken(server, tmp_path, jurisdiction_id="city.example") == ALL
    asked = sorted(
        tuple(datetime.fromisoformat(query[name]) for name in ("start_date", "end_date")) for query in server.queries
    )
    assert all(until - since <= timedelta(days=90) for since, until in asked)
    reached = asked[0][0]
    assert reached < START
    for since, until in asked:
        assert since < reached or since == asked[0][0]
        reached = max(reached, until)
    assert reached > END
    assert {query["jurisdiction_id"] for query in server.queries} == {"city.example"}


def test_a_quiet_time_is_an_empty_file(tmp_path: Path) -> None:
    for body in (b"[]", b'{"requests": []}', b'{"requests": null}', b"<service_requests/>", b"null"):
        assert taken(server_with(rule=lambda _q, _c, body=body: (200, {}, body)), tmp_path) == set()
        assert (tmp_path / "out.jsonl").read_text() == ""
    assert taken(server_with(rule=lambda _q, _c: (204, {}, b"")), tmp_path) == set()


# --- forms ------------------------------------------------------------------------------------------------


def _plain(found: Any) -> list[dict[str, Any]]:
    return [{name: one[name] for name in ("service_request_id", "requested_datetime", "description")} for one in found]


FORMS: dict[str, tuple[Callable[[Any], bytes], dict[str, str]]] = {
    "requests of request": (lambda f: json.dumps({"requests": [{"request": list(f)}]}).encode(), {}),
    "request by request": (lambda f: json.dumps({"requests": [{"request": one} for one in f]}).encode(), {}),
    "service_requests": (lambda f: json.dumps({"service_requests": {"request": list(f)}, "count": 3}).encode(), {}),
    "data": (lambda f: json.dumps({"meta": {"page": 1}, "data": list(f)}).encode(), {}),
    "xml": (as_xml, {"content-type": "text/xml"}),
    "xml that says json": (as_xml, {"content-type": "application/json"}),
    "utf-8 with a mark": (lambda f: b"\xef\xbb\xbf" + as_list(f), {}),
    "utf-16": (lambda f: json.dumps(list(f), ensure_ascii=False).encode("utf-16"), {}),
    "gb18030": (lambda f: json.dumps(_plain(f), ensure_ascii=False).encode("gb18030"), {}),
    "gb18030, told": (
        lambda f: json.dumps(_plain(f), ensure_ascii=False).encode("gb18030"),
        {"content-type": "application/json; charset=gb18030"},
    ),
    "gzip": (lambda f: gzip.compress(as_list(f)), {"content-encoding": "gzip"}),
    "gzip that is none": (as_list, {"content-encoding": "gzip"}),
    "gzip without a word": (lambda f: gzip.compress(as_list(f)), {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_is_read_in_whatever_form_it_comes(tmp_path: Path, form: str) -> None:
    writes, headers = FORMS[form]
    assert taken(server_with(writes=writes, headers=headers), tmp_path) == ALL
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["description"] for line in lines} == {"路灯不亮"}


@pytest.mark.parametrize("options", [{}, {"encoding": "latin-1"}])
@pytest.mark.parametrize(
    "form",
    [
        lambda text: json.dumps([request(1, START, description=text)], ensure_ascii=False).encode("latin-1"),
        lambda text: (
            as_xml([request(1, START, description=text)]).decode().replace("utf-8", "latin-1").encode("latin-1")
        ),
    ],
    ids=["json", "xml"],
)
def test_latin_1_is_read_as_what_it_says(tmp_path: Path, form: Callable[[Any], bytes], options: dict[str, Any]) -> None:
    server = Open311Server([request(1, START, description="Straße überflutet, Café")], writes=form, headers={"a": "b"})
    taken(server, tmp_path, **options)
    assert "Straße überflutet, Café" in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_a_packed_answer_that_is_broken_is_asked_for_unpacked(tmp_path: Path) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        if "gzip" not in server.heard[-1].get("accept-encoding", ""):
            return None
        return 200, {"content-encoding": "gzip"}, gzip.compress(as_list(REQUESTS))[:-40]

    server = server_with(rule=rule)
    assert taken(server, tmp_path) == ALL
    assert sum("gzip" in one["accept-encoding"] for one in server.heard) == 1


def _refuses_z(query: Query) -> bool:
    return query["start_date"].endswith("Z")


def _refuses_times(query: Query) -> bool:
    return "T" in query["start_date"]


@pytest.mark.parametrize("refuses", [_refuses_z, _refuses_times])
@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_that_refuses_a_form_of_dates_is_asked_in_another(
    tmp_path: Path, refuses: Callable[[Query], bool], status: int
) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        return (status, {}, b'[{"code": 400, "description": "invalid date"}]') if refuses(query) else None

    server = server_with(rule=rule)
    assert taken(server, tmp_path) == ALL
    assert sum(refuses(query) for query in server.queries) <= (TRIES + 2 if status == 500 else 3)


@pytest.mark.parametrize("status", [400, 403, 406, 415])
def test_a_server_that_refuses_a_header_is_asked_without(tmp_path: Path, status: int) -> None:
    def rule(_query: Query, _call: int) -> Answer | None:
        return (status, {}, b"") if "accept" in server.heard[-1] or "user-agent" in server.heard[-1] else None

    server = server_with(rule=rule)
    assert taken(server, tmp_path) == ALL


@pytest.mark.parametrize("options", [{}, {"format": "xml"}])
def test_a_server_of_xml_alone_is_asked_for_xml(tmp_path: Path, options: dict[str, Any]) -> None:
    def rule(_query: Query, _call: int) -> Answer | None:
        return None if server.paths[-1].endswith(".xml") else (404, {}, b"<h1>Not Found</h1>")

    server = server_with(rule=rule, writes=as_xml)
    assert taken(server, tmp_path, **options) == ALL
    assert sum(path.endswith(".json") for path in server.paths) == (0 if options else 1)


@pytest.mark.parametrize(
    ("refusal", "options"),
    [
        ((404, {}, b'[{"code": 404, "description": "no service requests"}]'), {}),
        ((404, {}, b"Not Found"), {}),
        ((400, {}, b'[{"code": 400, "description": "No requests found"}]'), {}),
        ((400, {}, b"<errors><error><code>400</code><description>0 results</description></error></errors>"), {}),
        ((400, {}, b"?"), {"none_status": [400, 404]}),
        ((410, {}, b""), {"none_status": [410]}),
    ],
)
def test_a_refusal_that_means_none_is_none(tmp_path: Path, refusal: Answer, options: dict[str, Any]) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        return None if server.found(since, until) else refusal

    late = [one for one in REQUESTS if str(one["requested_datetime"]) > "2026-04-15"]
    server = Open311Server(late, rule=rule)
    assert taken(server, tmp_path, **options) == {one["service_request_id"] for one in late}


def test_404_to_everything_is_none_only_where_the_server_lists_its_services(tmp_path: Path) -> None:
    def answers(services: Answer) -> Open311Server:
        server = server_with(rule=lambda _q, _c: (404, {}, b""))
        plain = server.answer
        server.answer = lambda path, heard: services if "services.json" in path else plain(path, heard)  # type: ignore[method-assign]
        return server

    done, _ = pulled(answers((200, {}, b'[{"service_code": "PH"}]')), tmp_path / "out.jsonl")
    assert (done.n_requests, done.gaps) == (0, ())
    with pytest.raises(CityBrainError, match="refused") as caught:
        pulled(answers((404, {}, b"")), tmp_path / "none.jsonl", window_days=20)
    assert "HTTP 404" in caught.value.why
    assert not (tmp_path / "none.jsonl").exists()


# --- faults -----------------------------------------------------------------------------------------------


def test_nobody_who_reported_is_written_down_and_the_file_is_its_owner_s(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    pulled(server_with(), out)
    text = out.read_text(encoding="utf-8")
    assert "13912345678" not in text
    assert "建国" not in text
    assert "路灯不亮" in text
    assert '"lane": 2' in text
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


@pytest.mark.parametrize("status", [502, 400])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (datetime(2026, 4, 8, 3, tzinfo=UTC), datetime(2026, 4, 8, 4, tzinfo=UTC)),
        (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)),
    ],
    ids=["an hour", "a month"],
)
def test_a_time_that_always_fails_is_skipped_and_told_and_the_rest_is_taken(
    tmp_path: Path, first: datetime, last: datetime, status: int
) -> None:
    def rule(query: Query, _call: int) -> Answer | None:
        since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        return (status, {}, b"") if since < last and until > first else None

    out = tmp_path / "out.jsonl"
    done, _ = pulled(server_with(rule=rule), out)
    (gap,) = done.gaps
    assert gap.since <= first
    assert gap.until >= last
    assert (gap.until - gap.since) - (last - first) <= timedelta(hours=4)
    assert f"HTTP {status}" in gap.why
    received = {str(one["service_request_id"]): datetime.fromisoformat(one["requested_datetime"]) for one in REQUESTS}
    assert set(numbers(out)) >= {number for number, at in received.items() if not gap.since <= at <= gap.until}
    assert done.n_calls < 200


def test_a_server_that_goes_down_ends_the_pull_and_what_came_before_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    server = server_with(rule=lambda _query, call: (502, {}, b"") if call > 3 else None)
    with pytest.raises(CityBrainError, match="could not be read") as caught:
        pulled(server, out)
    assert f"{TRIES} tries; the last: HTTP 502" in caught.value.why
    kept = numbers(out)
    assert 0 < len(kept) < 600
    assert f"{len(kept)} requests that came before" in caught.value.what
    go_on = datetime.fromisoformat(caught.value.remedy.rpartition(" ")[2]).replace(tzinfo=UTC)
    early = {one["service_request_id"] for one in REQUESTS if datetime.fromisoformat(one["requested_datetime"]) < go_on}
    assert early <= set(kept)
    assert go_on > START
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert len(server.queries) < 20


def test_a_pull_that_ends_goes_on_from_the_first_time_that_it_lacks(tmp_path: Path) -> None:
    first, last = datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 1, 20, 1, tzinfo=UTC)

    def rule(query: Query, _call: int) -> Answer | None:
        since, until = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        is_down = any(query["end_date"] > "2026-03" for query in server.queries)
        return (400, {}, b"") if is_down or (since < last and until > first) else None

    server = server_with(rule=rule)
    with pytest.raises(CityBrainError) as caught:
        pulled(server, tmp_path / "out.jsonl", window_days=7)
    go_on = datetime.fromisoformat(caught.value.remedy.rpartition(" ")[2]).replace(tzinfo=UTC)
    assert first - timedelta(hours=2) <= go_on <= first


@pytest.mark.parametrize(
    ("rule", "said", "n_calls"),
    [
        (lambda _q, _c: (403, {}, b'[{"code": 403, "description": "no jurisdiction_id"}]'), "HTTP 403 no jur", 2),
        (lambda _q, _c: (401, {}, b""), "HTTP 401", 1),
        (lambda _q, _c: (400, {}, b"<errors><error><description>bad key</description></error></errors>"), "bad key", 5),
        (lambda _q, _c: (200, {}, b'[{"code": 403, "description": "no key"}]'), "error 403 no key", 2),
        (lambda _q, _c: (200, {}, b'{"title": "welcome"}'), "an object without a list", 2),
        (lambda _q, _c: (200, {}, b"[1]"), "a int", 2),
        (lambda _q, _c: (200, {"content-type": "text/html"}, b"<!DOCTYPE html><p>"), "a page", 2),
        (lambda _q, _c: (200, {}, b""), "it is empty", 2),
        (lambda _q, _c: (200, {}, b'["\xff\xff\xff\xff"]'), "set open311.encoding", 2),
    ],
)
def test_what_another_try_will_not_change_is_told_with_its_cause_and_not_tried_six_times(
    tmp_path: Path, rule: Rule, said: str, n_calls: int
) -> None:
    server = server_with(rule=rule)
    with pytest.raises(CityBrainError) as caught:
        pulled(server, tmp_path / "out.jsonl")
    assert said in caught.value.why
    assert len(server.queries) == n_calls
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("host", "said", "n_waits"),
    [("127.0.0.1:9", "could not be read", TRIES + 1), ("no-such-host.invalid", "refused", 0)],
)
def test_a_server_that_is_not_there_is_told(tmp_path: Path, host: str, said: str, n_waits: int) -> None:
    waits: list[float] = []
    with pytest.raises(CityBrainError, match=said):
        pull(Open311(f"http://{host}/v2"), START, END, tmp_path / "out.jsonl", waits.append)
    assert len(waits) == n_waits
