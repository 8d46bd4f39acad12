"""`dashboards apply` on the running stack: repeatable, strict, and honest about what it could not do."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from streams.dashboards import render, written
from streams.dashboards.apply import TOOL, apply
from streams.settings import CHECKOUT, Settings
from streams.stack import superset

pytestmark = pytest.mark.stack

KEYS = {
    "dbs": "id, uuid",
    "tables": "id, uuid",
    "table_columns": "id, uuid",
    "sql_metrics": "id, uuid",
    "slices": "id, uuid",
    "dashboards": "id, uuid, published",
    "dashboard_slices": "dashboard_id, slice_id",
    "dashboard_roles": "dashboard_id, role_id",
}
"""Table of everything that an import may touch -> what must stay (links are rewritten under new numbers)."""


def metadata() -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(Settings.load().role_url("superset")) as connection:
        return {
            table: connection.execute(f"select {key} from {table} order by 1, 2".encode()).fetchall()
            for table, key in KEYS.items()
        }


def test_applying_again_changes_no_id_and_doubles_nothing() -> None:
    apply(Settings.load())
    before = metadata()
    room = written.read()
    assert len(before["slices"]) == len(room.all_charts) > 0
    said = apply(Settings.load())
    boards, charts, datasets = len(room.dashboards), len(room.all_charts), len(room.semantics)
    assert said == f"applied {boards} dashboards, {charts} charts, {datasets} datasets; all linked and published"
    assert metadata() == before


@pytest.mark.parametrize(
    ("path", "change", "named"),
    [
        ("charts/overview/trend.yaml", lambda chart: chart.update(colour="red"), "trend.yaml"),
        ("charts/overview/trend.yaml", lambda chart: chart.pop("viz_type"), "trend.yaml"),
        ("charts/overview/trend.yaml", lambda chart: chart.update(dataset_uuid="0" * 32), "KeyError"),
        ("databases/citybrain.yaml", lambda database: database.pop("extra"), "KeyError: 'extra'"),
    ],
)
def test_a_refused_file_is_named_and_nothing_changes(
    tmp_path: Path, path: str, change: Callable[[dict[str, Any]], None], named: str
) -> None:
    render.write(written.read(), tmp_path)
    broken = yaml.safe_load((tmp_path / path).read_text())
    change(broken)
    (tmp_path / path).write_text(yaml.safe_dump(broken, allow_unicode=True))
    before = metadata()
    refused = subprocess.run(
        [str(superset.PYTHON), str(TOOL), str(tmp_path)],
        env=superset.environment(Settings.load()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    message = refused.stderr.rpartition("apply_assets: ")[2]
    assert named in message, refused.stderr[-2000:]
    assert metadata() == before


def test_the_leaders_role_holds_its_list_and_no_more() -> None:
    spec = importlib.util.spec_from_file_location("bootstrap", CHECKOUT / "infra/superset/bootstrap.py")
    assert spec
    assert spec.loader
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    with psycopg.connect(Settings.load().role_url("superset")) as connection:
        held = connection.execute(
            "select role.name, action.name, view.name from ab_role as role"
            " join ab_permission_view_role as link on link.role_id = role.id"
            " join ab_permission_view as pair on pair.id = link.permission_view_id"
            " join ab_permission as action on action.id = pair.permission_id"
            " join ab_view_menu as view on view.id = pair.view_menu_id where role.name in ('leader', 'Public')"
        ).fetchall()
        roles = connection.execute(
            "select person.username, role.name from ab_user as person"
            " join ab_user_role as link on link.user_id = person.id join ab_role as role on role.id = link.role_id"
            " order by 1"
        ).fetchall()
    assert sorted(held) == sorted(("leader", *pair) for pair in bootstrap.LEADER_PERMISSIONS)
    assert roles == [("admin", "Admin"), ("leader", "leader")]
