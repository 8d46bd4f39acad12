"""Runs dbt in a process of its own and says in one sentence what failed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from streams.builds import dbt_process
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

PROJECT = CHECKOUT / "dbt_project"

FAILED = ("error", "fail", "runtime error")

NOTHING_RAN: dict[str, Any] = {"results": [], "elapsed_time": 0.0}
"""The shape of dbt's `run_results.json`."""

SHOWN = ("model", "seed")
"""Kinds of nodes whose end is worth a line; tests speak up when they fail."""

Progress = Callable[[str], None]


def files_of(*places: str) -> list[Path]:
    """Files at or below places of the project, sorted."""
    paths = [path for place in places for path in ((PROJECT / place), *(PROJECT / place).rglob("*"))]
    return sorted(path for path in paths if path.is_file())


def hash_of(paths: Iterable[Path]) -> str:
    """Hash of files of the project, their names included."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


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


class Dbt:
    """dbt in one process of its own, for the commands of one build: importing it and reading the project cost it more
    than most commands do. A node is run by one command of a session only, for dbt compiles it once.

        with Dbt(settings, schema) as dbt:
            dbt.run(["build", "--selector", "candidates"], progress)

    `schema`: where all is made but what is kept; `kept`: the schema of that, empty where nothing is. `variables`: vars
    of the project that have other values here.
    The project is read anew where `schema` is another than in the session before: keep to few names.
    """

    def __init__(
        self, settings: Settings, schema: str, *, kept: str = "", variables: Mapping[str, str] | None = None
    ) -> None:
        self._environment = _environment(settings, schema, kept)
        self._work = settings.home / "dbt"
        self._target = self._work / "target"
        self._variables = ["--vars", json.dumps(dict(variables))] if variables else []

    def __enter__(self) -> Self:
        self._target.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", dbt_process.__name__, json.dumps(self._arguments(["parse"]))],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            is_read, last_words = self._follow(lambda line: None)
            if not is_read:
                raise _failure("parse", NOTHING_RAN, last_words)
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(BrokenPipeError), self._process as process:  # the end of its input ends it
            if kind is not None:  # Ctrl-C: dbt cancels its queries and ends
                process.terminate()

    def run(
        self, arguments: list[str], progress: Progress, *, judge_tests: bool = False, as_written: bool = False
    ) -> DbtResult:
        """Run `dbt <arguments>` with the dbt login; fail-fast.

        `progress` gets one short line per finished model or seed. Raises CityBrainError that names the first failing
        node. `judge_tests`: run them all, and leave it to the caller what a failed data test means. `as_written`: with
        the vars of the project, as its unit tests expect, whatever `variables` say.
        """
        results = self._target / "run_results.json"
        results.unlink(missing_ok=True)
        command = self._arguments(
            [*arguments, *([] if as_written else self._variables), *([] if judge_tests else ["--fail-fast"])]
        )
        try:
            self._process.stdin.write(json.dumps(command) + "\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
            is_well, last_words = self._follow(progress)
        except BrokenPipeError:
            is_well, last_words = False, ["its process is gone"]
        found = _read(results)
        failed = tuple(
            FailedTest(_name(one), _message(one), str(one.get("compiled_code") or ""))
            for one in found["results"]
            if judge_tests and one["status"] == "fail"
        )
        is_judged = failed and not any(one["status"] in FAILED and one["status"] != "fail" for one in found["results"])
        if not is_well and not is_judged:
            raise _failure(arguments[0], found, last_words)
        counts: dict[str, int] = {}
        for result in found["results"]:
            kind = str(result["unique_id"]).partition(".")[0]
            counts[kind] = counts.get(kind, 0) + 1
        return DbtResult(counts, float(found["elapsed_time"]), failed)

    def _arguments(self, command: list[str]) -> list[str]:
        return [
            *("--log-format", "json", "--log-level", "info", "--log-level-file", "none", "--no-use-colors"),
            *("--no-send-anonymous-usage-stats", "--no-version-check"),
            *command,
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(self._target), "--log-path", str(self._work / "logs")),
        ]

    def _follow(self, progress: Progress) -> tuple[bool, list[str]]:
        """What dbt says until the command has ended; whether it ended well, and dbt's last words."""
        last_words: list[str] = []
        for line in self._process.stdout or ():
            if (ended := _listen(line, progress, last_words)) is not None:
                return ended, last_words
        return False, last_words


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


def _listen(line: str, progress: Progress, last_words: list[str]) -> bool | None:
    """Pass results of nodes on; keep what is said at level error, or outside the JSON. The end: whether it is good."""
    try:
        event: dict[str, Any] = json.loads(line)
        if "ended" in event:
            last_words += [event["exception"]] if event["exception"] else []
            return bool(event["ended"])
        info = event["info"]
    except (ValueError, KeyError, TypeError):
        if line.strip():
            last_words.append(line.strip())
        return None
    data = event.get("data") or {}
    node = data.get("node_info") or {}
    if str(info["name"]).endswith("Result") and node.get("resource_type") in SHOWN and "index" in data:
        total = data.get("total") or data.get("num_models", "?")
        progress(f"[{data['index']}/{total}] {node['node_name']} {data.get('execution_time', 0.0):.1f} s")
    elif info["level"] == "error":
        last_words.append(str(info["msg"]))
    return None


def _read(results: Path) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = json.loads(results.read_text())
    except (FileNotFoundError, ValueError):
        return NOTHING_RAN
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
