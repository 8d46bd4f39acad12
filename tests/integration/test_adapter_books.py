"""What the adapters reject stands in the books, in data_health and before the gate, also if the warehouse was down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from streams.books.adapter_files import AdapterFile, RuleRows, book, forget, waiting
from streams.quality.measures import arrivals
from streams.settings import Settings
from tests.fixtures.warehouse import fetch, load_reference, own_warehouse, run_sql

NOW = datetime(2026, 10, 2, 8, tzinfo=UTC)
STATUS, TIME = (
    RuleRows("unknown_status", "rejected", "状态词不在映射中", 90),
    RuleRows("bad_time", "rejected", "时间格式错误", 9),
)
POINT = RuleRows("implausible_point", "left_out", "坐标有误,已略去", 3)
FILE = AdapterFile(
    "f1-shuifu_12345", "shuifu", "city.hotline.ticket.v1", "/shuifu/12345", "shuifu_12345", 100, 99, NOW,
    (STATUS, TIME, POINT),
)  # fmt: skip


@pytest.fixture(scope="module")
def server(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_adapter_books", tmp_path_factory.mktemp("lake")) as settings:
        load_reference(settings)
        yield settings


@pytest.fixture
def warehouse(server: Settings, tmp_path: Path) -> Settings:
    """Books without an entry, and a home of its own."""
    run_sql(server, "delete from ops.adapter_file", "loader")
    shutil.copy(server.home / "secrets.json", tmp_path)
    return replace(server, home=tmp_path)


def health(settings: Settings) -> tuple[object, ...]:
    (row,) = fetch(
        settings,
        "select adapter_rows, adapter_rejected, adapter_rejected_by_rule_zh, adapter_findings_zh, last_file_at_utc,"
        " source_state_zh from published.data_health where city_code = 'shuifu' and source = 'hotline.ticket'",
        role="reader",
    )
    return row


def test_rejects_of_a_file_are_shown_by_rule_and_come_before_the_gate(warehouse: Settings) -> None:
    assert health(warehouse)[:4] == (0, 0, "", "")
    assert book(warehouse, FILE) == ""
    *figures, state = health(warehouse)
    assert figures == [100, 99, "状态词不在映射中90行、时间格式错误9行", "坐标有误,已略去3行", NOW.replace(tzinfo=None)]
    assert "近一日接入文件拒收99行，占99.0%" in str(state)
    (judged,) = [row for row in arrivals(warehouse).itertuples() if row.source == "hotline.ticket"]
    assert (judged.city_code, judged.adapter_reject_share, judged.recent_adapter_rows) == ("shuifu", 0.99, 100)


def test_a_city_of_which_nothing_was_taken_is_shown_all_the_same(warehouse: Settings) -> None:
    """Nothing landed, so no stream ever told of it."""
    book(warehouse, replace(FILE, city_code="chicago", topic="city.grid.report.v1"))
    shown = fetch(
        warehouse, "select source, adapter_rejected from published.data_health where city_code = 'chicago'", "reader"
    )
    assert shown == [("grid.report", 99)]
    assert ("chicago", "grid.report") in {(row.city_code, row.source) for row in arrivals(warehouse).itertuples()}


def test_the_same_file_taken_in_again_with_a_better_mapping_replaces_its_counts(warehouse: Settings) -> None:
    book(warehouse, FILE)
    book(warehouse, replace(FILE, rows_rejected=0, rules=(), taken_in_at_utc=NOW + timedelta(hours=1)))
    *figures, state = health(warehouse)
    assert figures == [100, 0, "", "", datetime(2026, 10, 2, 9)]
    assert "拒收" not in str(state)


def test_a_bad_day_is_judged_by_itself_and_an_old_one_no_more(warehouse: Settings) -> None:
    book(warehouse, FILE)
    good = replace(FILE, rows_read=1000, rows_rejected=10, rules=())
    book(warehouse, replace(good, file_id="f2", taken_in_at_utc=NOW + timedelta(hours=23)))
    (judged,) = [row for row in arrivals(warehouse).itertuples() if row.source == "hotline.ticket"]
    assert judged.adapter_reject_share == pytest.approx(109 / 1100)
    book(warehouse, replace(good, file_id="f3", taken_in_at_utc=NOW + timedelta(hours=24)))
    (judged,) = [row for row in arrivals(warehouse).itertuples() if row.source == "hotline.ticket"]
    assert judged.adapter_reject_share == 0.01
    assert health(warehouse)[:2] == (2100, 119)


def test_counts_wait_in_the_home_while_the_warehouse_is_down_and_are_booked_by_the_next_run(
    warehouse: Settings,
) -> None:
    down = replace(warehouse, warehouse_url_override="postgresql://citybrain@127.0.0.1:9/nothing")
    assert "refused" in book(down, FILE)
    assert waiting(warehouse) == 1
    assert health(warehouse)[:2] == (0, 0)
    assert book(warehouse, replace(FILE, file_id="f2", rules=(TIME,), rows_rejected=9)) == ""
    assert waiting(warehouse) == 0
    assert health(warehouse)[:3] == (200, 108, "状态词不在映射中90行、时间格式错误18行")


def test_a_file_leaves_the_books_with_the_last_of_its_runs_also_while_it_waits(warehouse: Settings) -> None:
    book(warehouse, replace(FILE, run_names=("first",)))
    book(warehouse, replace(FILE, run_names=("second",)))
    book(warehouse, replace(FILE, file_id="rejected as a whole"))
    assert forget(warehouse, "first") == 0
    assert health(warehouse)[0] == 200
    book(replace(warehouse, warehouse_url_override="postgresql://citybrain@127.0.0.1:9/nothing"),
         replace(FILE, file_id="f2", run_names=("second",)))  # fmt: skip
    assert forget(warehouse, "second") == 2
    assert health(warehouse)[0] == 100
    assert forget(warehouse, "second") == waiting(warehouse) == 0


def test_a_warehouse_of_before_these_books_is_told_and_nothing_is_lost(warehouse: Settings) -> None:
    run_sql(warehouse, "alter table ops.adapter_file rename to elsewhere")
    assert "adapter_file" in book(warehouse, FILE)
    assert waiting(warehouse) == 1
    run_sql(warehouse, "alter table ops.elsewhere rename to adapter_file")
    assert book(warehouse, FILE) == ""
    assert health(warehouse)[:2] == (100, 99)


@pytest.mark.parametrize("role", ["dbt", "publisher", "reader"])
def test_no_other_login_can_write_these_books(warehouse: Settings, role: str) -> None:
    for table in ("adapter_file", "adapter_rule"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run_sql(warehouse, f"delete from ops.{table}", role)
