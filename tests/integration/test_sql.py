"""`citybrain sql`: the one door for questions. Read-only, limited, and clear when it says no."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from streams.errors import CityBrainError
from streams.publications.publish import publish
from streams.publications.questions import question, questions
from streams.publications.sql import ask, relations
from streams.settings import Settings
from tests.fixtures.warehouse import built_and_judged, good_rows, load_reference, own_warehouse


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_sql", lake) as settings:
        load_reference(settings)
        rows = good_rows()
        rows["indicator_value"][0]["city_name_zh"] = '水富市,"两碗镇"\n=1+1'
        built_and_judged(settings, "r1", rows)
        publish(settings, "r1")
        yield settings


def citybrain(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as people type it, with their own locale."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "citybrain"), *arguments],
        env=os.environ | {"WAREHOUSE_URL": settings.warehouse_url, "LAKE_URI": settings.lake_uri, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


CELL = "select city_name_zh, value, n, denominator, unit_code from published.current_indicator_value"


def test_csv_is_utf8_with_lf_and_tells_null_from_empty(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", f"{CELL} where indicator_id in ('R03', 'G01a') order by n", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\r" not in done.stdout
    assert done.stdout.splitlines()[0] == "city_name_zh,value,n,denominator,unit_code"
    assert done.stdout.splitlines()[1] == '"",12.0,12,,""'
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[2] == ['水富市,"两碗镇"\n=1+1', "0.8", "50", "50.0", ""]


def test_json_has_numbers_as_numbers(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", f"{CELL} where indicator_id = 'G01a' order by n", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        {"city_name_zh": "", "value": 12.0, "n": 12, "denominator": None, "unit_code": ""},
        {"city_name_zh": "", "value": 100.0, "n": 100, "denominator": None, "unit_code": ""},
    ]


def test_json_of_an_empty_answer_is_an_empty_array(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", f"{CELL} where false", "--format", "json")
    assert (json.loads(done.stdout), done.returncode) == ([], 0)


def test_a_table_shows_chinese_whole(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", "select '有效回访率' as 指标, 0.75 as 值")
    assert done.returncode == 0, done.stderr
    assert "有效回访率" in done.stdout
    assert "1 rows" in done.stderr


def test_a_cut_answer_says_so_on_stderr(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", "select generate_series(1, 1000000000) as n", "--max-rows", "3", "-f", "csv")
    assert (done.returncode, done.stdout) == (0, "n\n1\n2\n3\n")
    assert "cut after 3 rows" in done.stderr


def test_an_answer_of_exactly_the_limit_is_not_called_cut(warehouse: Settings) -> None:
    assert ask(warehouse, "select generate_series(1, 3)", max_rows=3).is_cut is False
    assert ask(warehouse, "select generate_series(1, 4)", max_rows=3).is_cut is True


REFUSED = {
    "delete from published.publication": "would change data",
    "insert into published.publication (publication_id) values (9)": "would change data",
    "create table t (n integer)": "would change data",
    "select 1; drop table published.publication": "refused the statement",
    "select * from raw.hotline_ticket": "may not see",
    "select * from ops.dead_letter": "may not see",
    "select * from wap_r1.case_fact": "may not see",
    "select pg_read_file('/etc/hostname')": "may not see",
    "select * from published.nothing": "no such table",
    "selec 1": "refused the statement",
    "copy published.publication to stdout": "not a question",
    "set search_path = raw": "not a question",
    "  ": "empty",
}


@pytest.mark.parametrize("statement", REFUSED)
def test_what_is_not_a_question_is_refused_in_three_parts(warehouse: Settings, statement: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        ask(warehouse, statement)
    assert REFUSED[statement] in caught.value.what
    assert caught.value.remedy


def test_errors_go_to_stderr_with_exit_code_one(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", "delete from published.publication")
    assert (done.returncode, done.stdout) == (1, "")
    assert "read-only transaction" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_slow_query_is_stopped(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError, match=r"longer than 0\.2 s"):
        ask(warehouse, "select pg_sleep(10)", max_seconds=0.2)


@pytest.mark.parametrize("arguments", [("--max-rows", "0"), ("--timeout", "0"), ("--format", "xml")])
def test_impossible_options_are_usage_errors(warehouse: Settings, arguments: tuple[str, str]) -> None:
    done = citybrain(warehouse, "sql", "select 1", *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_column_named_twice_can_not_be_json(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", "select 1 as n, 2 as n", "--format", "json")
    assert done.returncode == 1
    assert "same name: n" in done.stderr


def test_the_list_names_what_may_be_asked_with_words(warehouse: Settings) -> None:
    found = {one.name: one.description for one in relations(warehouse)}
    assert {"published.current_indicator_value", "published.data_health", "live.event_5min"} <= set(found)
    assert all(name.startswith(("published.", "live.")) for name in found)
    assert [name for name, description in found.items() if not description] == []
    assert citybrain(warehouse, "sql", "--list").returncode == 0


def test_publications_are_listed_and_verified_from_the_command_line(warehouse: Settings) -> None:
    listed = citybrain(warehouse, "publication", "list")
    assert listed.returncode == 0, listed.stderr
    assert "r1" in listed.stdout
    verified = citybrain(warehouse, "publication", "verify", "1")
    assert verified.returncode == 0, verified.stderr
    assert "1 publications whole" in verified.stdout
    assert citybrain(warehouse, "publication", "verify", "7").returncode == 1


def test_an_indicator_is_listed_and_shown_with_its_words_and_figures(warehouse: Settings) -> None:
    listed = json.loads(citybrain(warehouse, "indicator", "list", "--json").stdout)
    assert [row["indicator_id"] for row in listed] == ["G01a", "G01b", "R03", "R05"]
    assert {row["source"] for row in listed} == {"hotline.ticket"}
    shown = citybrain(warehouse, "indicator", "show", "R05")
    assert shown.returncode == 0, shown.stderr
    assert "numerator_zh of R05" in shown.stdout
    told = json.loads(citybrain(warehouse, "indicator", "show", "R05", "--json").stdout)
    assert [(row["numerator"], row["denominator"], row["n"]) for row in told["values"]] == [(60, 80, 80)]


@pytest.mark.parametrize("name", ["R99", "r05", "R05' or true --"])
def test_an_indicator_that_is_not_published_is_an_error_of_its_caller(warehouse: Settings, name: str) -> None:
    done = citybrain(warehouse, "indicator", "show", name)
    assert done.returncode == 2
    assert "citybrain indicator list" in done.stderr
    assert citybrain(warehouse, "indicator", "list", "--family", "z").returncode == 2


def test_a_red_run_is_refused_with_exit_code_three(warehouse: Settings) -> None:
    built_and_judged(warehouse, "red", good_rows(), verdict="red")
    done = citybrain(warehouse, "publish", "--run-id", "red")
    assert done.returncode == 3
    assert "the last publication stays" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("gate", "--run-id", "r"), ("publish", "--run-id", "r"), ("publication", "verify")]
)
def test_before_the_first_build_each_verb_says_what_to_do(postgres: Settings, arguments: tuple[str, ...]) -> None:
    bare = replace(postgres, warehouse_url_override=postgres.role_url("owner", "template1"))
    done = citybrain(bare, *arguments)
    assert done.returncode == 1
    assert "has no tables for this yet" in done.stderr
    assert "citybrain up" in done.stderr
    assert "Traceback" not in done.stderr


ODD_TIMES = (
    "timestamp '2026-01-01 08:30'",
    "'2026-01-01 08:30'::timestamptz",
    "'2026-01-01'::date",
    "time '24:00'",
    "timestamp 'infinity'",
    "date '-infinity'",
    "timestamp '12026-01-01'",
    "date '0044-03-15 BC'",
    "timestamptz '0001-01-01 00:00+08'",
    "timestamptz '9999-12-31 23:59:59-08'",
    "interval '1 month'",
    "timestamp '2026-01-01' - timestamp '2025-12-31 23:00'",
    "array[timestamp '2026-01-01', 'infinity']",
)


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_a_constant_of_time_is_shown_and_never_ends_in_a_traceback(warehouse: Settings, format: str) -> None:
    columns = ", ".join(f"{constant} as at{number}" for number, constant in enumerate(ODD_TIMES))
    done = citybrain(warehouse, "sql", f"select {columns}", "-f", format)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert all(f"at{number}" in done.stdout for number in range(len(ODD_TIMES)))
    wrong = citybrain(warehouse, "sql", "select '2026-13-45 99:00'::timestamp", "-f", format)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "out of range" in wrong.stderr


def test_a_time_is_shown_as_it_is(warehouse: Settings) -> None:
    shown = ask(
        warehouse, "select time '24:00', date 'infinity', interval '1 month', date '2026-03-01', array[date 'infinity']"
    )
    assert shown.rows == (("24:00:00", "infinity", "1 mon", date(2026, 3, 1), ["infinity"]),)


@pytest.mark.parametrize("name", [one.name for one in questions()])
def test_a_ready_question_runs_as_it_is_and_says_what_it_asks(warehouse: Settings, name: str) -> None:
    asked = question(name)
    assert asked.title_zh
    assert asked.title_en
    assert re.search("[\u4e00-\u9fff]", asked.title_zh)
    assert ask(warehouse, asked.sql).is_cut is False


def test_ready_questions_answer_from_what_is_published(warehouse: Settings) -> None:
    assert [row[:3] for row in ask(warehouse, question("totals_of_sources").sql).rows] == [
        ("shuifu", "hotline.ticket", 12),
        ("shuifu", "petition.matter", 25),
    ]
    assert len(ask(warehouse, question("units_ranked").sql).rows) == 5
    assert [row[0] for row in ask(warehouse, question("publications").sql).rows] == [1]
    assert len(ask(warehouse, question("definitions").sql).rows) == 4


def test_ready_questions_are_listed_shown_and_asked_by_name(warehouse: Settings) -> None:
    listed = json.loads(citybrain(warehouse, "sql", "--questions", "-f", "json").stdout)
    assert [row["name"] for row in listed] == [one.name for one in questions()]
    asked = citybrain(warehouse, "sql", "--named", "totals_of_sources", "-f", "csv")
    assert asked.stdout.splitlines()[1].startswith("shuifu,hotline.ticket,12")
    text = citybrain(warehouse, "sql", "--named", "totals_of_sources", "--show").stdout
    assert citybrain(warehouse, "sql", "-f", "csv", "--", text).stdout == asked.stdout
    wrong = citybrain(warehouse, "sql", "--named", "nothing")
    assert wrong.returncode == 2
    assert "totals_of_sources" in wrong.stderr
    assert citybrain(warehouse, "sql", "--named", "definitions", "--list").returncode == 2


def test_the_login_for_a_client_of_one_s_own_names_the_place_of_the_password_alone(warehouse: Settings) -> None:
    done = citybrain(warehouse, "sql", "--login", "-f", "json")
    told = {row["what"]: row["value"] for row in json.loads(done.stdout)}
    assert told["role"] == "cb_reader"
    assert told["database"] == "test_sql"
    place, _, member = told["password"].partition(", member ")
    password = json.loads(Path(place).read_text())[member]
    assert password not in done.stdout + done.stderr
    url = f"postgresql://{told['role']}:{password}@{told['host']}:{told['port']}/{told['database']}"
    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from published.current_indicator_value").fetchone()


def test_what_postgresql_suggests_is_said(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError) as caught:
        ask(warehouse, "select citi_code from published.current_source_summary")
    assert "Perhaps you meant" in caught.value.why
    with pytest.raises(CityBrainError) as caught:
        ask(warehouse, "select * from published.current_source_summary where city_code = shuifu")
    assert "shuifu" in caught.value.why
