"""What `status` says of the disks: whoever makes a backup learns from it what to copy."""

from __future__ import annotations

import os
from pathlib import Path

from streams.settings import Settings
from streams.stack import postgres, status


def places(settings: Settings) -> set[str]:
    return {path for disk in status._disks(settings) for path in disk["paths"]}


def test_each_place_of_state_is_named_though_both_are_on_one_disk(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings = Settings.load({"CITYBRAIN_HOME": str(tmp_path / "home")})
    root = postgres.place(settings).root
    assert root.is_relative_to(settings.home) == (os.geteuid() != 0), "root's PostgreSQL can't live in a closed home"
    assert places(settings) == {str(settings.home), *([] if root.is_relative_to(settings.home) else [str(root)])}


def test_a_warehouse_elsewhere_has_no_place_here(tmp_path: Path) -> None:
    settings = Settings.load({"CITYBRAIN_HOME": str(tmp_path), "WAREHOUSE_URL": "postgresql://x@10.0.0.1/w"})
    assert places(settings) == {str(tmp_path)}
