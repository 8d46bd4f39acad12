from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.builds.dbt import PROJECT
from tests.fixtures.services import *  # noqa: F403


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt understands of the project; parsed without a database."""
    target = tmp_path_factory.mktemp("dbt-parse")
    dbt = Path(sys.executable).parent / "dbt"
    command = [dbt, "parse", "--no-send-anonymous-usage-stats", "--no-version-check"]
    places = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", target, "--log-path", target]
    quiet = os.environ | {"DO_NOT_TRACK": "1"}
    done = subprocess.run([*command, *places], capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return loaded
