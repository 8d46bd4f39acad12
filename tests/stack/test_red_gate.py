"""A critical rule broken on purpose: nothing is published, the last good stays, the reason is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack.airflow_client import follow, trigger
from streams.warehouse.connection import connect
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

FORGED = (
    "update ops.progress set n_records = n_records {0} 1, n_landed = n_landed {0} 1"
    " where topic = 'city.hotline.ticket.v1' and \"partition\" = 0"
)


@pytest.fixture
def a_row_in_the_books_that_never_landed(settings: Settings) -> Iterator[None]:
    """The books claim one event more than there is, so books and event log disagree."""
    with connect(settings, "owner") as connection:
        connection.execute(FORGED.format("+"))
    yield
    with connect(settings, "owner") as connection:
        connection.execute(FORGED.format("-"))


def test_a_red_gate_leaves_the_last_publication_and_says_why(
    settings: Settings, citybrain: Run, a_row_in_the_books_that_never_landed: None
) -> None:
    before = json.loads(citybrain("status", "--json").stdout)["publication"]
    run_id = trigger(settings, "build_and_publish")
    with pytest.raises(CityBrainError, match="task gate"):
        follow(settings, "build_and_publish", run_id, timeout=600)
    assert json.loads(citybrain("status", "--json").stdout)["publication"] == before
    health = json.loads(citybrain("sql", "select * from published.data_health", "--format", "json").stdout)
    assert health
    for row in health:
        assert row["gate_verdict"] == "red" and row["gate_run_id"] == run_id
        assert row["publication_id"] == before["id"]
        assert "沿用上一次发布" in row["reason_zh"] and row["failed_rules_zh"]


def test_after_the_repair_the_next_run_is_green_again(settings: Settings, citybrain: Run) -> None:
    run_id = trigger(settings, "build_and_publish")
    assert set(follow(settings, "build_and_publish", run_id, timeout=600).values()) == {"success"}
    health = json.loads(citybrain("sql", "select * from published.data_health", "--format", "json").stdout)
    assert {row["gate_verdict"] for row in health} <= {"green", "warning"}
    assert {row["gate_run_id"] for row in health} == {run_id}
