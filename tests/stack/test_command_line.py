"""The command as a person or a program uses it: answers, formats, errors, exit codes, files it leaves."""

from __future__ import annotations

import csv
import io
import json
import stat
import time

import pytest

from streams.settings import Settings
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack


def test_status_as_json_names_every_component_and_the_publication(citybrain: Run) -> None:
    status = json.loads(citybrain("status", "--json").stdout)
    assert set(status["components"]) == {"kafka", "streams", "warehouse", "airflow", "superset", "api"}
    for name, component in status["components"].items():
        assert component["state"] == "healthy" and component["version"], (name, component)
    publication = status["publication"]
    assert publication["id"] >= 1 and publication["run_id"] and publication["published_at_utc"].endswith("Z")


def test_doctor_is_well_while_the_own_stack_holds_the_ports(citybrain: Run) -> None:
    assert citybrain("doctor").returncode == 0


def test_credentials_are_private_and_have_the_promised_keys(settings: Settings) -> None:
    path = settings.home / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    credentials = json.loads(path.read_text())
    assert {"superset.admin", "superset.leader", "airflow.admin"} <= set(credentials)
    for login in credentials.values():
        assert {"url", "user", "password"} <= set(login) and len(login["password"]) >= 16


def test_sql_answers_in_three_formats(citybrain: Run) -> None:
    query = "select indicator_id, name_zh, scale from published.current_indicator_definition order by 1"
    as_csv = citybrain("sql", query, "--format", "csv").stdout
    assert "\r" not in as_csv
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    as_json = json.loads(citybrain("sql", query, "--format", "json").stdout)
    assert [row["indicator_id"] for row in rows] == [row["indicator_id"] for row in as_json]
    assert {"R02", "R03", "R05", "T03a", "T04a", "G01a", "G01b", "G12"} <= {row["indicator_id"] for row in rows}
    assert isinstance(as_json[0]["scale"], int | float)
    assert "解决率" in citybrain("sql", query, "--format", "table").stdout


@pytest.mark.parametrize(
    "query",
    [
        "delete from published.indicator_value",
        "select * from raw.hotline_ticket",
        "select * from ops.dead_letter",
        "create table published.mine (a int)",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "select nonsense",
    ],
)
def test_sql_that_may_not_be_answered_is_an_error_on_stderr(citybrain: Run, query: str) -> None:
    done = citybrain("sql", query, "--format", "csv")
    assert done.returncode != 0 and done.stdout == ""
    assert "why" in done.stderr and "do" in done.stderr and "Traceback" not in done.stderr


def test_ingesting_the_same_file_again_sends_nothing(citybrain: Run) -> None:
    done = citybrain("ingest", "streams/sources/samples/chicago_311_data.csv", "--mapping", "chicago_311")
    assert done.returncode == 0 and " 0 events sent" in done.stdout, done.stdout


def test_the_demo_run_again_is_quick_and_changes_nothing(citybrain: Run) -> None:
    before = citybrain("publication", "list").stdout
    started = time.monotonic()
    done = citybrain("demo")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 90
    assert citybrain("publication", "list").stdout == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "no-such-file.csv", "--mapping", "chicago_311"),
        ("ingest", "streams/sources/samples/chicago_311_data.csv", "--mapping", "no_such_mapping"),
        ("gate", "--run-id", "never-built"),
        ("publish", "--run-id", "never-built"),
        ("simulate", "--from", "2026-13-01"),
        ("dlq", "show", "city.hotline.ticket.v1", "0", "999999999"),
    ],
)
def test_mistakes_get_a_clear_error(citybrain: Run, arguments: tuple[str, ...]) -> None:
    done = citybrain(*arguments)
    assert done.returncode != 0
    assert done.stderr.strip() and "Traceback" not in done.stderr
