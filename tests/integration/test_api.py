"""The API against a real warehouse: what it gives, what it withholds, and how it says no."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from streams.api.app import make_app
from streams.publications.publish import publish
from streams.settings import Settings
from tests.fixtures.warehouse import built_and_judged, fetch, good_rows, load_reference, own_warehouse, value

MASKED = {"numerator": None, "denominator": None, "n": None, "value": None, "suppressed": True}


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two publications: the second restates R03 of August and hides a unit's R05."""
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_api", lake) as own:
        load_reference(own)
        rows = good_rows()
        built_and_judged(own, "r1", rows)
        publish(own, "r1")
        rows["indicator_value"][0] |= {"numerator": 45.0, "value": 0.9}
        hidden = {**MASKED, "suppression_reason": "small_cell", "value_zh": "隐去"}
        rows["indicator_value"].append(value("R05", unit_code="u9", **hidden))
        built_and_judged(own, "r2", rows, offset=101)
        publish(own, "r2")
        yield own


@pytest.fixture(scope="module")
def api(warehouse: Settings) -> Iterator[TestClient]:
    with TestClient(make_app(warehouse)) as client:
        yield client


R03 = {"indicator_id": "R03"}


def test_the_newest_publication_answers_and_an_earlier_one_when_asked(api: TestClient, warehouse: Settings) -> None:
    newest = api.get("/v1/values", params=R03).json()
    assert (newest["publication_id"], [row["value"] for row in newest["rows"]]) == (2, [0.9])
    assert newest["published_at_utc"] and newest["data_as_of_utc"] and newest["next"] is None
    (first_out,) = fetch(warehouse, "select published_at_utc from published.publication where publication_id = 1")[0]
    for as_of in ("1", f"{first_out.isoformat()}Z"):
        then = api.get("/v1/values", params={**R03, "as_of": as_of}).json()
        assert (then["publication_id"], [row["value"] for row in then["rows"]]) == (1, [0.8])
    today = api.get("/v1/values", params={**R03, "as_of": first_out.date().isoformat()}).json()
    assert today["publication_id"] == 2, "a day is known at its end"


@pytest.mark.parametrize("as_of", ["99", "2000-01-01", "2000-01-01T00:00:00Z"])
def test_a_publication_that_is_not_there_is_a_problem_that_says_where_they_are(api: TestClient, as_of: str) -> None:
    answer = api.get("/v1/values", params={"as_of": as_of})
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"] == "/v1/publications lists them"


def test_a_masked_cell_has_no_number_in_any_format(api: TestClient) -> None:
    (row,) = api.get("/v1/values", params={"suppressed": "true"}).json()["rows"]
    assert [row[name] for name in MASKED] == list(MASKED.values())
    text = api.get("/v1/values", params={"suppressed": "true", "format": "csv"}).text
    (line,) = csv.DictReader(io.StringIO(text))
    assert [line[name] for name in MASKED] == ["", "", "", "", "true"]


def test_csv_and_json_say_the_same(api: TestClient) -> None:
    rows = api.get("/v1/values").json()["rows"]
    answer = api.get("/v1/values", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(lines) == len(rows) > 8
    for row, line in zip(rows, lines, strict=True):
        assert list(row) == list(line)
        assert ("" if row["value"] is None else str(row["value"])) == line["value"]


@pytest.mark.parametrize(("resource", "kind"), [("values", "json"), ("case_facts", "csv"), ("restatements", "json")])
def test_pages_follow_each_other_and_make_the_whole(api: TestClient, resource: str, kind: str) -> None:
    def rows(answer) -> list:  # type: ignore[no-untyped-def, type-arg]
        return answer.json()["rows"] if kind == "json" else list(csv.DictReader(io.StringIO(answer.text)))

    whole = rows(api.get(f"/v1/{resource}", params={"format": kind}))
    page = api.get(f"/v1/{resource}", params={"format": kind, "limit": 1})
    found = rows(page)
    while "next" in page.links:
        page = api.get(page.links["next"]["url"])
        assert len(rows(page)) == 1
        found += rows(page)
    assert found == whole and whole


def test_an_answer_is_asked_for_again_only_after_a_publication(api: TestClient) -> None:
    first = api.get("/v1/values", params=R03)
    again = api.get("/v1/values", params=R03, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    then = api.get("/v1/values", params={**R03, "as_of": "1"}, headers={"If-None-Match": first.headers["etag"]})
    as_csv = api.get("/v1/values", params={**R03, "format": "csv"}, headers={"If-None-Match": first.headers["etag"]})
    assert (then.status_code, as_csv.status_code) == (200, 200)


def test_filters_and_periods_bound_what_is_given(api: TestClient) -> None:
    units = api.get("/v1/values", params={"unit_code": ["u1", "u2"], "indicator_id": "R05"}).json()["rows"]
    assert [row["unit_code"] for row in units] == ["u1", "u2"]
    assert api.get("/v1/values", params={"before": "2026-08-01"}).json()["rows"] == []
    since = api.get("/v1/values", params={"since": "2026-08-01"}).json()["rows"]
    assert {date.fromisoformat(row["period_start"]) for row in since} == {date(2026, 8, 1)}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/values?nonsense=1", 400),
        ("/v1/values?limit=0", 400),
        ("/v1/values?limit=10001", 400),
        ("/v1/values?as_of=yesterday", 400),
        ("/v1/values?indicator_id=%00", 400),
        ("/v1/values?since=2026-02-30", 400),
        ("/v1/values?cursor=AAAA", 404),
        ("/v1/nothing", 404),
    ],
)
def test_bad_input_is_a_problem_with_what_why_and_what_to_do(api: TestClient, path: str, status: int) -> None:
    answer = api.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and told["title"] and told["remedy"]


def test_a_format_that_is_not_served_and_a_write_are_refused(api: TestClient) -> None:
    assert api.get("/v1/values", headers={"Accept": "application/xml"}).status_code == 406
    refused = api.post("/v1/values")
    assert refused.status_code == 405 and "GET" in refused.headers["allow"]


def test_each_resource_answers_and_its_columns_are_told_with_their_words(api: TestClient) -> None:
    told = api.get("/openapi.json").json()
    paths = [path for path in told["paths"] if path.startswith("/v1/") and path != "/v1/data_health"]
    assert {"/v1/publications", "/v1/values", "/v1/rankings", "/v1/case_facts", "/v1/areas"} <= set(paths)
    for path in paths:
        rows = api.get(path).json()["rows"]
        assert rows or path == "/v1/areas", path
        columns = told["components"]["schemas"][f"{path.removeprefix('/v1/')}_row"]["properties"]
        assert rows == [] or list(rows[0]) == list(columns)
        assert all(column["description"] for column in columns.values())


def test_health_is_of_now_and_kept_by_nobody(api: TestClient) -> None:
    answer = api.get("/v1/data_health")
    assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers
    assert {"shuifu"} <= {row["city_code"] for row in answer.json()["rows"]}
    assert all(row["platform_zh"] for row in answer.json()["rows"])


def test_it_reads_as_the_reader_and_can_see_and_write_nothing_else(api: TestClient, warehouse: Settings) -> None:
    from streams.api.reader import Reader

    reader = Reader(warehouse)
    reader.open()
    try:
        with reader.session() as connection:
            who = connection.execute("select current_user, current_setting('statement_timeout')").fetchone()
            assert who == ("cb_reader", "20s")
        for statement in ("select * from raw.ref_city", "delete from published.publication", "create table t (a int)"):
            with pytest.raises(psycopg.Error), reader.session() as connection:
                connection.execute(statement.encode())
    finally:
        reader.close()


EXAMPLES = 8
"""For each operation that takes anything."""


def test_requests_made_from_the_description_break_nothing(api: TestClient) -> None:
    """Hypothesis draws them; each answer must be as the description says, and bad input refused."""
    described = schemathesis.openapi.from_asgi("/openapi.json", api.app)
    counted: dict[str, int] = {}
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, database=None, derandomize=True, deadline=None)
        @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
        def answer_is_as_described(case: schemathesis.Case) -> None:
            counted[case.path] = counted.get(case.path, 0) + 1
            # The grammar of SDMX's addresses is SDMX's own: there a text that fits the description may be no query.
            case.call_and_validate(excluded_checks=[positive_data_acceptance] if "/sdmx/" in case.path else None)

        answer_is_as_described()
    print(f"{sum(counted.values())} requests of {len(counted)} operations")
    assert len(counted) == len(api.get("/openapi.json").json()["paths"])
    assert min(counted[path] for path in counted if path != "/v1/data_health") >= EXAMPLES, "that one takes nothing"
