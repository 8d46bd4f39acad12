"""The stack that `citybrain demo` filled: `tests/run.py` starts one of its own; a person may point at theirs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.settings import CHECKOUT, Settings

CITYBRAIN = CHECKOUT / ".venv/bin/citybrain"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings of the running stack, from the environment."""
    return Settings.load()


@pytest.fixture(scope="session")
def citybrain() -> Run:
    """The command itself, as a person types it."""

    def run(*arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CITYBRAIN), *arguments], capture_output=True, text=True, timeout=timeout, env=os.environ, check=False
        )

    return run


@pytest.fixture(scope="session")
def truth_dir(settings: Settings) -> Path:
    """Where the simulator wrote what it planted; nothing in the pipeline reads it."""
    found = sorted((settings.home / "truth").iterdir())
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="session")
def truth(truth_dir: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((truth_dir / "truth.json").read_text())
    return loaded
