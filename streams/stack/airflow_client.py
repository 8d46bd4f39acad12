"""Start a DAG run and follow it to its end through Airflow's REST API (v2), as a person with a login would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from typing import Any
from urllib.parse import quote

import httpx

from streams.errors import CityBrainError
from streams.settings import Settings

Tasks = dict[str, str]
"""Task id -> state, in the order of the DAG; a task that was not looked at yet is `none`."""

FINISHED = ("success", "failed")

DAG_APPEARS_WITHIN_SECONDS = 60.0
"""A new DAG is known after the next look into the folder (5 s apart here) and one parse (3 s on two cores)."""

POLL_SECONDS = 1.0

LOG_LINES = 15

COMMAND_SPEAKS = "Output:"
"""What Airflow logs before the first line of a command that a task runs."""


def trigger(
    settings: Settings,
    dag_id: str,
    run_id: str | None = None,
    conf: Mapping[str, Any] | None = None,
) -> str:
    """Start `dag_id` (unpausing it) and return the id of its run.

    With a `run_id` that exists and runs or succeeded, that run is joined: asking twice starts nothing twice.
    Raises CityBrainError when Airflow can't be reached, doesn't know the DAG, refuses `conf`, or that run failed.
    """
    with _Api(settings) as api:
        dag = _wait_until_known(api, dag_id)
        if dag["is_paused"]:
            api.call("PATCH", f"/dags/{quote(dag_id)}", {"is_paused": False})
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if run_id is not None:
            body["dag_run_id"] = run_id
        answer = api.request("POST", f"/dags/{quote(dag_id)}/dagRuns", body)
        if answer.status_code == httpx.codes.CONFLICT and run_id is not None:
            state = api.call("GET", _run_path(dag_id, run_id))["state"]
            if state != "failed":
                return run_id
            raise CityBrainError(
                f"DAG run {dag_id}/{run_id} was started before and failed",
                why="a run id names one run for ever",
                remedy="start it under another run id, or clear its red task in Airflow: " + api.page(dag_id, run_id),
            )
        return str(api.checked(answer, f"starting DAG {dag_id}")["dag_run_id"])


def unfinished_run(settings: Settings, dag_id: str) -> str | None:
    """Id of the oldest run of `dag_id` that is queued or running; None when there is none, or no such DAG yet.

    Whoever was interrupted while following a run finds it again here instead of starting a second one.
    """
    with _Api(settings) as api:
        path = f"/dags/{quote(dag_id)}/dagRuns?state=queued&state=running&order_by=run_after&limit=1"
        answer = api.request("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        runs = api.checked(answer, f"asking for the runs of DAG {dag_id}")["dag_runs"]
        return str(runs[0]["dag_run_id"]) if runs else None


def follow(
    settings: Settings,
    dag_id: str,
    run_id: str,
    on_change: Callable[[Tasks], None] | None = None,
    timeout: float = 3600.0,
) -> Tasks:
    """Wait until the run succeeded and return its tasks' states; `on_change` sees each change of them.

    `timeout` in seconds. Raises CityBrainError naming the red task with the end of its log when the run fails.
    """
    deadline = time.monotonic() + timeout
    seen: Tasks | None = None
    with _Api(settings) as api:
        order = _order(api.call("GET", f"/dags/{quote(dag_id)}/tasks")["tasks"])
        while True:
            # The run is read before its tasks: when it has ended, the states read next are final.
            run_state = api.call("GET", _run_path(dag_id, run_id))["state"]
            instances = api.call("GET", _run_path(dag_id, run_id) + "/taskInstances")["task_instances"]
            states = {one["task_id"]: one["state"] or "none" for one in instances}
            tasks = {task_id: states.get(task_id, "none") for task_id in order}
            if tasks != seen:
                seen = tasks
                if on_change is not None:
                    on_change(tasks)
            if run_state == "success":
                return tasks
            if run_state == "failed":
                raise _failure(api, dag_id, run_id, instances)
            if time.monotonic() > deadline:
                raise CityBrainError(
                    f"DAG run {dag_id}/{run_id} was not done after {timeout:.0f} s",
                    why="its tasks are " + ", ".join(f"{task} {state}" for task, state in tasks.items()),
                    remedy="it goes on in the background; look at " + api.page(dag_id, run_id),
                )
            time.sleep(POLL_SECONDS)


def _order(tasks: list[dict[str, Any]]) -> list[str]:
    """Task ids so that each stands behind those it waits for."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for task in tasks:
        sorter.add(task["task_id"])
        for later in task["downstream_task_ids"]:
            sorter.add(later, task["task_id"])
    return list(sorter.static_order())


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"


def _wait_until_known(api: _Api, dag_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + DAG_APPEARS_WITHIN_SECONDS
    while True:
        answer = api.request("GET", f"/dags/{quote(dag_id)}")
        if answer.status_code != httpx.codes.NOT_FOUND:
            dag: dict[str, Any] = api.checked(answer, f"asking for DAG {dag_id}")
            return dag
        if time.monotonic() > deadline:
            errors = api.call("GET", "/importErrors")["import_errors"]
            raise CityBrainError(
                f"Airflow doesn't know the DAG {dag_id}",
                why="; ".join(f"{one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in errors)
                or "the DAG processor has not read it; it may be down",
                remedy="run `citybrain status`, then `citybrain doctor`; the DAG files are in dags/",
            )
        time.sleep(POLL_SECONDS)


def _failure(api: _Api, dag_id: str, run_id: str, instances: list[dict[str, Any]]) -> CityBrainError:
    """The run's end as an error: the first red task by time and the last lines of its log."""
    red = sorted((one for one in instances if one["state"] == "failed"), key=lambda one: one["end_date"] or "9999")
    if not red:
        return CityBrainError(
            f"DAG run {dag_id}/{run_id} failed before any task did",
            why="it was marked failed by hand or ran out of its time",
            remedy="look at " + api.page(dag_id, run_id),
        )
    task_id = red[0]["task_id"]
    return CityBrainError(
        f"task {task_id} of DAG run {dag_id}/{run_id} failed",
        why="the end of its log:\n" + "\n".join(f"    {line}" for line in _log_end(api, dag_id, run_id, red[0])),
        remedy="mend what the log says, then clear the task in Airflow or start a new run; "
        + api.page(dag_id, run_id, task_id),
    )


def _log_end(api: _Api, dag_id: str, run_id: str, instance: Mapping[str, Any]) -> list[str]:
    """Last lines of the task's newest try, without Airflow's own chatter; says so when there is no log."""
    path = f"{_run_path(dag_id, run_id)}/taskInstances/{quote(instance['task_id'])}/logs/{instance['try_number']}"
    answer = api.request("GET", path)
    if answer.status_code != httpx.codes.OK:
        return [f"(no log could be read: HTTP {answer.status_code})"]
    lines: list[str] = []
    reasons: list[str] = []  # at the end: what a task printed last may bear a later time than its failure
    for entry in answer.json()["content"]:
        event = entry if isinstance(entry, str) else entry.get("event", "")
        causes = [] if isinstance(entry, str) else entry.get("error_detail") or []
        reasons += [f"{one['exc_type']}: {one['exc_value']}" for one in causes]
        lines += [line for line in event.splitlines() if line.strip() and not line.startswith("::") and not causes]
    if COMMAND_SPEAKS in lines:
        lines = lines[lines.index(COMMAND_SPEAKS) + 1 :]
    return [*lines[-LOG_LINES:], *reasons] or ["(the log is empty)"]


class _Api:
    """One login and its session; every answer that isn't one becomes an error in three parts."""

    def __init__(self, settings: Settings) -> None:
        login = _login(settings)
        self.url = str(login["url"]).rstrip("/")
        self._login = login
        self._http = httpx.Client(base_url=self.url, timeout=30.0, trust_env=False)

    def __enter__(self) -> _Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def page(self, dag_id: str, run_id: str, task_id: str | None = None) -> str:
        """Address of the run (or of a task in it) for people."""
        task = f"/tasks/{task_id}" if task_id else ""
        return f"{self.url}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}{task}"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Body of a good answer."""
        return self.checked(self.request(method, path, body), f"{method} {path}")

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Any answer; logs in first, and once more when the token has expired in the meantime."""
        if "Authorization" not in self._http.headers:
            self._log_in()
        answer = self._send(method, "/api/v2" + path, body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._send(method, "/api/v2" + path, body)
        return answer

    def checked(self, answer: httpx.Response, doing: str) -> Any:
        if answer.is_success:
            return answer.json()
        raise CityBrainError(
            f"Airflow refused: {doing}",
            why=f"HTTP {answer.status_code}: {_detail(answer)}",
            remedy="run `citybrain status`; the API server's log is in $CITYBRAIN_HOME/logs"
            if answer.is_server_error
            else "correct the DAG's parameters or the run id; `dags/README.md` lists them",
        )

    def _log_in(self) -> None:
        body = {"username": self._login["user"], "password": self._login["password"]}
        answer = self._send("POST", "/auth/token", body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise CityBrainError(
                "Airflow doesn't accept the login `airflow.admin`",
                why="its password was changed, or another Airflow answers at " + self.url,
                remedy="run `citybrain up`, which sets the password of credentials.json again",
            )
        self._http.headers["Authorization"] = "Bearer " + self.checked(answer, "logging in")["access_token"]

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise CityBrainError(
                f"Airflow can't be reached at {self.url}",
                why=str(error) or type(error).__name__,
                remedy="run `citybrain status`, then `citybrain up`",
            ) from error


def _login(settings: Settings) -> dict[str, Any]:
    path = settings.home / "credentials.json"
    try:
        login: dict[str, Any] = json.loads(path.read_text())["airflow.admin"]
    except (OSError, KeyError, ValueError) as error:
        raise CityBrainError(
            "there is no login for Airflow yet",
            why=f"{path} holds no `airflow.admin` ({type(error).__name__})",
            remedy="run `citybrain up`",
        ) from error
    return login


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text[:300]
    return detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False)[:600]
