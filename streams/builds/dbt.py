"""Runs dbt in its own process and says in one sentence what failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

PROJECT = CHECKOUT / "dbt_project"

FAILED = ("error", "fail", "runtime error")

SHOWN = ("model", "seed")
"""Kinds of nodes whose end is worth a line; tests speak up when they fail."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class DbtResult:
    """What one dbt command did: nodes that ran, by resource type (`model`, `seed`, `test`, `unit_test`)."""

    counts: dict[str, int]
    seconds: float
    failed_tests: tuple[FailedTest, ...] = ()


@dataclass(frozen=True)
class FailedTest:
    """A data test that found rows: its name, dbt's words, and the query that finds the rows again."""

    name: str
    message: str
    sql: str


def run_dbt(
    settings: Settings,
    schema: str,
    arguments: list[str],
    progress: Progress,
    *,
    kept: str = "",
    judge_tests: bool = False,
) -> DbtResult:
    """Run `dbt <arguments>` with the dbt login into `schema`; fail-fast.

    `progress` gets one short line per finished model or seed. Raises CityBrainError that names the first failing
    node. `kept`: schema of the models that stay between builds; empty: in `schema` like all others.
    `judge_tests`: run them all, and leave it to the caller what a failed data test means.
    """
    work = settings.home / "dbt"
    target = work / "target"
    target.mkdir(parents=True, exist_ok=True)
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    command = [
        str(Path(sys.executable).parent / "dbt"),
        *("--log-format", "json", "--log-level", "info", "--log-level-file", "none", "--no-use-colors"),
        *("--no-send-anonymous-usage-stats", "--no-version-check"),
        *arguments,
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(work / "logs")),
        *(() if judge_tests else ("--fail-fast",)),
    ]
    last_words: list[str] = []
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=_environment(settings, schema, kept),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                _listen(line, progress, last_words)
            code = process.wait()
        finally:
            if process.poll() is None:  # Ctrl-C: dbt cancels its queries and ends
                process.terminate()
    found = _read(results)
    failed = tuple(
        FailedTest(_name(one), _message(one), str(one.get("compiled_code") or ""))
        for one in found["results"]
        if judge_tests and one["status"] == "fail"
    )
    if code and (not failed or any(one["status"] in FAILED and one["status"] != "fail" for one in found["results"])):
        raise _failure(arguments[0], found, last_words)
    counts: dict[str, int] = {}
    for result in found["results"]:
        kind = str(result["unique_id"]).partition(".")[0]
        counts[kind] = counts.get(kind, 0) + 1
    return DbtResult(counts, float(found["elapsed_time"]), failed)


def _environment(settings: Settings, schema: str, kept: str) -> dict[str, str]:
    url = urlsplit(settings.role_url("dbt"))
    return os.environ | {
        "DBT_TARGET": settings.dbt_target,
        "CITYBRAIN_DBT_HOST": url.hostname or "127.0.0.1",
        "CITYBRAIN_DBT_PORT": str(url.port or 5432),
        "CITYBRAIN_DBT_USER": unquote(url.username or ""),
        "CITYBRAIN_DBT_PASSWORD": unquote(url.password or ""),
        "CITYBRAIN_DBT_DBNAME": url.path.lstrip("/"),
        "CITYBRAIN_DBT_SCHEMA": schema,
        "CITYBRAIN_DBT_KEPT_SCHEMA": kept,
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
        "PGTZ": "UTC",
    }


def _listen(line: str, progress: Progress, last_words: list[str]) -> None:
    """Pass results of nodes on; keep what is said at level error, or outside the JSON."""
    try:
        event: dict[str, Any] = json.loads(line)
        info = event["info"]
    except (ValueError, KeyError, TypeError):
        if line.strip():
            last_words.append(line.strip())
        return
    data = event.get("data") or {}
    node = data.get("node_info") or {}
    if str(info["name"]).endswith("Result") and node.get("resource_type") in SHOWN and "index" in data:
        total = data.get("total") or data.get("num_models", "?")
        progress(f"[{data['index']}/{total}] {node['node_name']} {data.get('execution_time', 0.0):.1f} s")
    elif info["level"] == "error":
        last_words.append(str(info["msg"]))


def _read(results: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(results.read_text())
    except (FileNotFoundError, ValueError):
        return {"results": [], "elapsed_time": 0.0}
    return loaded


def _failure(verb: str, found: dict[str, Any], last_words: list[str]) -> CityBrainError:
    for result in found["results"]:
        if result["status"] in FAILED:
            kind = str(result["unique_id"]).partition(".")[0]
            return CityBrainError(
                f"{kind.replace('_', ' ')} {_name(result)} failed, so nothing was built to be published",
                why=_message(result),
                remedy="mend the model, its data or its test, then build again",
            )
    return CityBrainError(
        f"dbt {verb} could not start its work",
        why=" ".join(" ".join(last_words[-5:]).split()) or "it said nothing",
        remedy="run `citybrain status`; if all is up, the message above names the file to mend",
    )


def _name(result: dict[str, Any]) -> str:
    return str(result["unique_id"]).split(".")[2]


def _message(result: dict[str, Any]) -> str:
    return " ".join(str(result["message"] or "no message").split())
