"""The DAG that publishes: its order, its clock, what its steps are called with, and what a red gate stops."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from citybrain_operator import PROGRAM
from conftest import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def dag(bag):
    return bag.dags["build_and_publish"]


def next_run(dag, at: datetime, last: datetime | None, monkeypatch) -> datetime | None:
    """When the scheduler would start the next run, asked at `at`, the last scheduled one being `last`."""
    import pendulum
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables import trigger
    from airflow.timetables.base import DataInterval, TimeRestriction

    monkeypatch.setattr(trigger, "utcnow", lambda: pendulum.instance(at))
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    info = stored.timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(pendulum.instance(last)) if last else None,
        restriction=TimeRestriction(earliest=stored.start_date, latest=None, catchup=stored.catchup),
    )
    return info and info.run_after


def test_each_step_waits_for_the_one_before(dag):
    edges = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
    assert edges == {
        "fuse_incidents": ["build"],
        "build": ["gate"],
        "gate": ["publish"],
        "publish": ["apply_dashboards"],
        "apply_dashboards": [],
    }
    assert {task.trigger_rule for task in dag.tasks} == {"all_success"}


def test_the_steps_are_these_commands(dag):
    assert {task.task_id: task.arguments for task in dag.tasks} == {
        "fuse_incidents": ["fuse"],
        "build": ["build", "--run-id", "{{ run_id }}"],
        "gate": ["gate", "--run-id", "{{ run_id }}"],
        "publish": ["publish", "--run-id", "{{ run_id }}", "--cause", "{{ params.cause }}"],
        "apply_dashboards": ["dashboards", "apply"],
    }


def test_only_idempotent_steps_are_tried_again(dag):
    assert {task.task_id: task.retries for task in dag.tasks} == {
        "fuse_incidents": 1,
        "build": 1,
        "gate": 0,
        "publish": 2,
        "apply_dashboards": 1,
    }


def test_a_dag_seen_for_the_first_time_waits_for_the_night(dag, monkeypatch):
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)
    assert next_run(dag, noon, None, monkeypatch) == datetime(2026, 11, 23, 2, 30, tzinfo=SHANGHAI)


def test_reading_the_file_again_just_after_the_hour_does_not_skip_the_night(dag, monkeypatch):
    tick = datetime(2026, 11, 23, 2, 30, tzinfo=SHANGHAI)
    assert next_run(dag, tick + timedelta(seconds=40), None, monkeypatch) == tick


def test_missed_nights_are_not_made_up_for_one_by_one(dag, monkeypatch):
    last = datetime(2026, 11, 1, 2, 30, tzinfo=SHANGHAI).astimezone(UTC)
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=SHANGHAI)
    assert next_run(dag, noon, last, monkeypatch) == datetime(2026, 11, 22, 2, 30, tzinfo=SHANGHAI)


def test_the_causes_are_the_words_of_the_publication_contract(dag):
    contract = yaml.safe_load((ROOT / "streams/contracts/published/publication.yml").read_text())
    (model,) = contract["models"]
    (column,) = [one for one in model["columns"] if one["name"] == "cause"]
    words = re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", column["description"].rpartition(":")[2])
    assert len(words) > 3
    assert dag.params.get_param("cause").schema["enum"] == words


def test_the_topics_are_those_of_the_contracts(bag):
    topics = sorted(path.stem for path in (ROOT / "streams/contracts/topics").glob("*.yaml"))
    assert len(topics) > 8
    assert sorted(bag.dags["replay_dead_letters"].params.get_param("topic").schema["enum"]) == topics


@pytest.mark.parametrize("rule", ["", "Future_Time", "future-time", "a; rm -rf /", "--help", "$(id)", "a\nb"])
def test_a_rule_that_is_not_an_identifier_is_refused(bag, rule):
    from airflow.sdk.exceptions import ParamValidationError

    param = bag.dags["replay_dead_letters"].params.get_param("rule")
    assert param.resolve("future_time") == "future_time"
    with pytest.raises(ParamValidationError):
        param.resolve(rule)


def test_the_command_line_knows_every_step(bag):
    steps = [task for dag in bag.dags.values() for task in dag.tasks]
    assert len(steps) >= len(bag.dags) > 1
    for step in steps:
        verbs = [one for one in step.arguments if not one.startswith(("-", "{{"))]
        options = [one for one in step.arguments if one.startswith("--")]
        shown = subprocess.run([PROGRAM, *verbs, "--help"], capture_output=True, text=True, env={"COLUMNS": "200"})
        assert shown.returncode == 0, (step.task_id, shown.stderr)
        assert all(option in shown.stdout for option in options), (step.task_id, options)
