"""The run log `ops.pipeline_run`, and the name of a run's hidden schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect

MAX_SCHEMA_CHARS = 50

MAX_RUN_ID_CHARS = 250
"""Airflow's own limit."""


@dataclass(frozen=True)
class Run:
    """One row of `ops.pipeline_run`. `detail` is its JSON."""

    run_id: str
    kind: str
    state: str
    started_at_utc: datetime
    ended_at_utc: datetime | None
    detail: dict[str, Any]


def wap_schema(run_id: str) -> str:
    """Name of the run's hidden schema: lower case, at most 50 characters, another one for each other run id.

    A run id that can't be a name as it is gets the first eight hex digits of its hash. Raises CityBrainError
    for an empty or over-long one.
    """
    if not run_id.strip() or len(run_id) > MAX_RUN_ID_CHARS or not run_id.isprintable():
        raise CityBrainError(
            "the run id can't be used",
            why=f"it must be 1 to {MAX_RUN_ID_CHARS} printable characters",
            remedy="give --run-id something like manual_2026_11_03",
            exit_code=2,
        )
    slug = re.sub(r"[^a-z0-9]+", "_", run_id.lower()).strip("_")
    name = f"wap_{slug}"
    if slug == run_id and len(name) <= MAX_SCHEMA_CHARS:
        return name
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:8]
    return f"{name[: MAX_SCHEMA_CHARS - 9].rstrip('_')}_{digest}"


def find_run(settings: Settings, run_id: str, kind: str) -> Run | None:
    """The row of one run and step, None if there is none."""
    with connect(settings, "publisher") as connection:
        row = connection.execute(
            "select run_id, kind, state, started_at_utc, ended_at_utc, detail from ops.pipeline_run"
            " where run_id = %s and kind = %s",
            (run_id, kind),
        ).fetchone()
    return None if row is None else Run(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]))


@contextmanager
def recorded(settings: Settings, run_id: str, kind: str) -> Iterator[dict[str, Any]]:
    """Keep the row of a step while the block runs: running, then succeeded, or failed with its reason.

    The block fills the yielded dict, which becomes `detail`; its key `state` (red, skipped) overrides succeeded.
    Rows of later steps of the same run become stale, for they speak of what is being replaced.
    """
    later = {"build": ["gate", "publish"], "gate": ["publish"], "publish": []}[kind]
    with connect(settings, "publisher") as connection:
        connection.execute(
            "insert into ops.pipeline_run (run_id, kind, state, started_at_utc)"
            " values (%s, %s, 'running', clock_timestamp() at time zone 'UTC')"
            " on conflict (run_id, kind) do update set state = 'running',"
            " started_at_utc = excluded.started_at_utc, ended_at_utc = null, detail = '{}'",
            (run_id, kind),
        )
        connection.execute(
            "update ops.pipeline_run set state = 'stale' where run_id = %s and kind = any(%s)", (run_id, later)
        )
    detail: dict[str, Any] = {}
    try:
        yield detail
    except BaseException as error:
        reason = error.what if isinstance(error, CityBrainError) else type(error).__name__
        why = error.why if isinstance(error, CityBrainError) else ""
        _finish(settings, run_id, kind, "failed", {**detail, "error": reason, "why": why})
        raise
    _finish(settings, run_id, kind, detail.pop("state", "succeeded"), detail)


def _finish(settings: Settings, run_id: str, kind: str, state: str, detail: dict[str, Any]) -> None:
    with connect(settings, "publisher") as connection:
        connection.execute(
            "update ops.pipeline_run set state = %s, ended_at_utc = clock_timestamp() at time zone 'UTC',"
            " detail = %s where run_id = %s and kind = %s",
            (state, json.dumps(detail, ensure_ascii=False, default=str), run_id, kind),
        )
