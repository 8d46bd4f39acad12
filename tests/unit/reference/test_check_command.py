"""`citybrain reference check` says what there is, or names every fault and ends red."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from streams.errors import CityBrainError
from streams.reference import registry


def test_sound_files_are_counted() -> None:
    run = CliRunner().invoke(app, ["reference", "check"])
    assert run.exit_code == 0, run.output
    assert "grid                678\n" in run.output
    assert f"{len(registry.TABLES)} tables: all well" in run.output


def test_every_fault_is_named_and_the_command_fails(tmp_path: Path) -> None:
    data = Path(shutil.copytree(registry.DATA_DIR, tmp_path / "data"))
    path = data / "signs.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",P3M,", ",quarterly,"), encoding="utf-8")
    run = CliRunner().invoke(app, ["reference", "check", "--data", str(data)])
    assert isinstance(run.exception, CityBrainError)
    assert run.output.count("observe_every 'quarterly' is no ISO 8601 duration") == 140


def test_a_directory_without_the_files_is_said_plainly(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["reference", "check", "--data", str(tmp_path)])
    with pytest.raises(CityBrainError, match="the reference table area has no file"):
        raise run.exception  # type: ignore[misc]
