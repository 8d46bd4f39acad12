"""Put the dashboards into the running Superset's metadata."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from streams.dashboards import render
from streams.dashboards.check import check
from streams.dashboards.written import read
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings
from streams.stack import superset

TOOL = CHECKOUT / "infra" / "superset" / "apply_assets.py"


def apply(settings: Settings) -> str:
    """Check, then import everything in one transaction; returns its one-line summary."""
    room = read()
    if faults := check(room):
        raise CityBrainError(
            "the dashboards don't hold together",
            why="; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else ""),
            remedy="run `citybrain dashboards check` for all of them",
        )
    with tempfile.TemporaryDirectory() as folder:
        render.write(room, Path(folder))
        done = subprocess.run(
            [str(superset.PYTHON), str(TOOL), folder],
            env=superset.environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise CityBrainError(
            "Superset did not take the dashboards",
            why=_last_words(done.stderr) or f"exit code {done.returncode}",
            remedy="`citybrain status` shows whether Superset and PostgreSQL run; the last good dashboards stay",
        )
    return done.stdout.strip().splitlines()[-1]


def _last_words(log: str) -> str:
    """What apply_assets.py said; else the last line, which is the error's own when it ended in a traceback."""
    _, mark, message = log.strip().rpartition("apply_assets: ")
    return message if mark else log.strip().rpartition("\n")[2]
