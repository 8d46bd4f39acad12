"""The client against a real Airflow on a real PostgreSQL: three processes, as `citybrain up` starts them."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from streams.errors import CityBrainError
from streams.settings import Settings, write_private
from streams.stack import airflow, airflow_client

DAGS = '''
"""DAGs that need nothing but Airflow."""
import time
from airflow.sdk import DAG, Param, task

with DAG("three_steps", schedule=None, catchup=False, params={"word": Param("ok", enum=["ok", "break"])}):

    @task
    def zero(): ...

    @task
    def answer(params):
        for number in range(40):
            print("line", number)
        if params["word"] == "break":
            raise ValueError("the planted reason")

    @task
    def last(): ...

    zero() >> answer() >> last()

with DAG("slow", schedule=None, catchup=False):

    @task
    def sleep():
        time.sleep(12)

    sleep()
'''


def run_once(command: list[str], env: dict[str, str], name: str) -> None:
    """Stands where `citybrain up` runs its once-only tools."""
    subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True)


@pytest.fixture(scope="module")
def running(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A healthy Airflow with the two DAGs above, stopped at the end; yields its settings."""
    folder = tmp_path_factory.mktemp("dags")
    (folder / "steps.py").write_text(DAGS)
    airflow.prepare(postgres, run_once)
    env = {**os.environ, **airflow.environment(postgres), "AIRFLOW__CORE__DAGS_FOLDER": str(folder)}
    processes = []
    try:
        for name, command in airflow.commands().items():
            with (postgres.home / f"logs/{name}.log").open("wb") as log:
                processes.append(subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True))
        deadline = time.monotonic() + 120
        while not airflow.is_healthy(postgres):
            assert time.monotonic() < deadline, "Airflow did not become healthy"
            assert all(process.poll() is None for process in processes), "an Airflow process ended"
            time.sleep(0.3)
        yield postgres
    finally:
        for process in processes:  # thrown away with its database; a clean stop would wait for running tasks
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def with_login(settings: Settings, home: Path, **changes: str) -> Settings:
    """The same Airflow, known by another home whose credentials file differs."""
    login = json.loads((settings.home / "credentials.json").read_text())["airflow.admin"]
    write_private(home / "credentials.json", json.dumps({"airflow.admin": {**login, **changes}}))
    return dataclasses.replace(settings, home=home)


def test_a_run_is_started_and_followed_to_its_end_in_the_order_of_its_steps(running: Settings) -> None:
    seen: list[dict[str, str]] = []
    run_id = airflow_client.trigger(running, "three_steps")
    assert airflow_client.follow(running, "three_steps", run_id, seen.append, timeout=90) == {
        "zero": "success",
        "answer": "success",
        "last": "success",
    }
    assert [list(one) for one in seen] == [["zero", "answer", "last"]] * len(seen)
    assert seen[-1] == {"zero": "success", "answer": "success", "last": "success"}
    assert all(a != b for a, b in pairwise(seen)), "only changes are reported"


def test_asking_again_for_a_run_id_joins_that_run(running: Settings) -> None:
    assert airflow_client.trigger(running, "three_steps", "joined") == "joined"
    assert airflow_client.trigger(running, "three_steps", "joined") == "joined"
    airflow_client.follow(running, "three_steps", "joined", timeout=90)
    assert airflow_client.trigger(running, "three_steps", "joined") == "joined"


def test_a_red_task_is_named_with_the_end_of_its_log(running: Settings) -> None:
    airflow_client.trigger(running, "three_steps", "broken", {"word": "break"})
    with pytest.raises(CityBrainError) as caught:
        airflow_client.follow(running, "three_steps", "broken", timeout=90)
    assert caught.value.what == "task answer of DAG run three_steps/broken failed"
    assert "the planted reason" in caught.value.why
    assert "line 39" in caught.value.why
    assert "line 0\n" not in caught.value.why
    assert "/dags/three_steps/runs/broken/tasks/answer" in caught.value.remedy
    with pytest.raises(CityBrainError, match="was started before and failed"):
        airflow_client.trigger(running, "three_steps", "broken")


def test_parameters_that_the_dag_refuses_are_said(running: Settings) -> None:
    with pytest.raises(CityBrainError, match="'maybe' is not one of") as caught:
        airflow_client.trigger(running, "three_steps", "refused", {"word": "maybe"})
    assert "parameters" in caught.value.remedy


def test_a_run_under_way_is_found_again_and_patience_ends(running: Settings) -> None:
    assert airflow_client.unfinished_run(running, "slow") is None
    run_id = airflow_client.trigger(running, "slow")
    assert airflow_client.unfinished_run(running, "slow") == run_id
    with pytest.raises(CityBrainError, match="was not done after 1 s") as caught:
        airflow_client.follow(running, "slow", run_id, timeout=1)
    assert "goes on in the background" in caught.value.remedy


def test_an_unknown_dag_is_said(running: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_client, "DAG_APPEARS_WITHIN_SECONDS", 2.0)
    assert airflow_client.unfinished_run(running, "no_such_dag") is None
    with pytest.raises(CityBrainError, match="doesn't know the DAG no_such_dag"):
        airflow_client.trigger(running, "no_such_dag")


def test_a_wrong_password_is_said_and_not_shown(running: Settings, tmp_path: Path) -> None:
    stranger = with_login(running, tmp_path, password="not-this-one")
    with pytest.raises(CityBrainError, match="doesn't accept the login") as caught:
        airflow_client.trigger(stranger, "three_steps")
    assert "not-this-one" not in str(caught.value)


def test_without_a_login_nothing_is_answered(running: Settings) -> None:
    import httpx

    url = f"http://127.0.0.1:{running.airflow_port}/api/v2"
    for path in ("/dags", "/dags/three_steps/dagRuns", "/connections", "/variables", "/config"):
        assert httpx.get(url + path, trust_env=False).status_code == 401, path


def test_an_airflow_that_is_not_there_is_said(running: Settings, tmp_path: Path) -> None:
    nowhere = with_login(running, tmp_path, url="http://127.0.0.1:9")
    with pytest.raises(CityBrainError, match="can't be reached"):
        airflow_client.trigger(nowhere, "three_steps")


def test_a_home_without_logins_is_said(running: Settings, tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="no login for Airflow yet"):
        airflow_client.trigger(dataclasses.replace(running, home=tmp_path), "three_steps")
