"""On the running stack: publications come from DAG runs and from nowhere else."""

from __future__ import annotations

import psycopg
import pytest

from streams.settings import Settings
from streams.stack import airflow_client

pytestmark = pytest.mark.stack


def test_every_publication_carries_the_id_of_a_successful_dag_run() -> None:
    running = Settings.load()
    with psycopg.connect(running.role_url("reader")) as connection:
        run_ids = [row[0] for row in connection.execute("select run_id from published.publication order by 1")]
    assert run_ids, "nothing was published"
    for run_id in run_ids:
        assert airflow_client.follow(running, "build_and_publish", run_id, timeout=1) == {
            "fuse_incidents": "success",
            "build": "success",
            "gate": "success",
            "publish": "success",
            "apply_dashboards": "success",
        }


def test_no_run_is_left_under_way() -> None:
    assert airflow_client.unfinished_run(Settings.load(), "build_and_publish") is None
