"""Fusion from the lake into the warehouse on a real PostgreSQL: whole, brought up to date, booked, never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from streams.books import incidents
from streams.cli.main import app
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.fusion.evidence import CAMERAS
from streams.fusion.incidents import LINKS
from streams.fusion.incidents import fuse as fused
from streams.fusion.reports import OPENING, gathered
from streams.jobs import fuse as job
from streams.lake.tables import schema_of
from streams.lake.write import commit_once, ensure_table, write_file
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import fetch, own_warehouse
from tests.unit.fusion.worlds import town

TOPIC = {contract.source_key: topic for topic, contract in contracts().items()}


@pytest.fixture
def warehouse(postgres: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "fuse", tmp_path / "lake") as settings:
        yield settings


def events_of(reports: pl.DataFrame, ties: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Source -> the opening events (columns of silver) that tell these reports and ties."""
    told = reports.join(
        ties.select("source", "subject", parent_case_id="other_subject"), on=["source", "subject"], how="left"
    )
    found = {}
    for source in OPENING:
        contract = contracts()[TOPIC[source]]
        subject = "detection_id" if source == CAMERAS else "case_id"
        rows = told.filter(pl.col("source") == source).with_columns(
            pl.col("subject").alias(subject),
            pl.lit(OPENING[source][0]).alias("stage"),
            event_at_utc=pl.col("told_at_utc"),
            event_date=pl.col("told_at_utc").dt.date(),
            area_code=pl.lit("530681001001"),
            detection_type=pl.col("category_code"),
        )
        empty = {"text": pl.lit("-"), "boolean": pl.lit(False), "timestamp": pl.col("told_at_utc")}
        wanted = [one for one in contract.silver_columns if one.required or one.name in rows.columns]
        found[source] = rows.select(
            pl.col(one.name) if one.name in rows.columns else empty.get(one.kind, pl.lit(0, pl.Int32)).alias(one.name)
            for one in wanted
        )
    return found


def land(settings: Settings, events: dict[str, pl.DataFrame], version: int) -> None:
    """Add events to silver, as the lake's writer does."""
    for source, rows in events.items():
        ensure_table(settings, "silver", TOPIC[source], schema_of(contracts()[TOPIC[source]]))
        if not rows.is_empty():
            file = write_file(settings, "silver", TOPIC[source], rows)
            commit_once(settings, "silver", TOPIC[source], [file], "test", version)


def links(settings: Settings) -> pl.DataFrame:
    with connect(settings, "loader") as connection:
        return incidents.kept_links(connection, LINKS)


def runs(settings: Settings) -> list[tuple[Any, ...]]:
    return fetch(settings, "select run_number, mode, n_changed, n_gone, checksum from ops.fusion_run order by 1")


def test_links_follow_the_lake_and_are_those_of_fusing_all(warehouse: Settings) -> None:
    told, declared = town(7, 160)
    told = told.sort("told_at_utc")
    land(warehouse, events_of(told.head(-20), declared), 1)
    first = job.fuse(warehouse)
    assert (first.state, first.mode, first.reports, first.changed) == ("written", "full", 140, 140)
    assert links(warehouse).equals(fused(*gathered(job.told(warehouse))))
    assert job.fuse(warehouse).state == "unchanged"

    land(warehouse, events_of(told.tail(20), declared), 2)
    second = job.fuse(warehouse)
    assert (second.state, second.mode, second.fresh, second.whole) == ("written", "incremental", 20, ())
    assert 20 <= second.changed < 160
    whole = fused(*gathered(job.told(warehouse)))
    assert links(warehouse).equals(whole)
    named = set(whole["incident_id"])
    aliases = fetch(warehouse, "select old_id, new_id, run_number from raw.incident_alias")
    assert len(aliases) == second.aliases
    assert {new for _, new, _ in aliases} <= named
    assert job.fuse(warehouse, full=True).changed == 0
    assert [(mode, gone) for _, mode, _, gone, _ in runs(warehouse)] == [("full", 0), ("incremental", 0), ("full", 0)]
    assert runs(warehouse)[1][4] == runs(warehouse)[2][4] != runs(warehouse)[0][4], "the checksum is of the links"


def test_no_word_of_a_text_reaches_the_warehouse(warehouse: Settings) -> None:
    told, declared = town(3, 60)
    land(warehouse, events_of(told, declared), 1)
    job.fuse(warehouse)
    rows = fetch(warehouse, "select row_to_json(link)::text from raw.incident_link as link")
    assert len(rows) == 60
    said = {text for text in told["text"].to_list() if text}
    assert said
    assert not [row for (row,) in rows if any(text in row for text in said)]


def test_a_run_that_breaks_off_leaves_the_links_of_the_run_before(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, declared = town(5, 80)
    land(warehouse, events_of(told.head(60), declared), 1)
    job.fuse(warehouse)
    before, booked = links(warehouse), runs(warehouse)
    land(warehouse, events_of(told.tail(20), declared), 2)

    def fail(*_: object) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(incidents, "_summed", fail)
        job.fuse(warehouse)
    assert links(warehouse).equals(before)
    assert runs(warehouse) == booked
    assert job.fuse(warehouse).state == "written"


def test_other_code_and_reports_that_went_make_all_anew(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from deltalake import DeltaTable

    from streams.lake.tables import table_uri

    told, declared = town(9, 60)
    land(warehouse, events_of(told, declared), 1)
    job.fuse(warehouse)
    with monkeypatch.context() as patch:
        patch.setattr(job, "code_fingerprint", lambda: "other")
        assert job.fuse(warehouse).mode == "full"
    job.fuse(warehouse)
    gone = told.filter(pl.col("source") == "hotline.ticket")["subject"][0]
    DeltaTable(table_uri(warehouse, "silver", TOPIC["hotline.ticket"])).delete(f"case_id = '{gone}'")
    done = job.fuse(warehouse)
    assert (done.gone, done.whole) == (1, ("shuifu",))
    assert links(warehouse).equals(fused(*gathered(job.told(warehouse))))


def test_what_stands_in_the_way_is_said_with_what_to_do(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError, match="the lake has no table") as missing:
        job.fuse(warehouse)
    assert missing.value.remedy
    land(warehouse, events_of(*town(1, 20)), 1)
    with connect(warehouse, "loader") as connection:
        assert incidents.take_turn(connection)
        with pytest.raises(CityBrainError, match="another fusion is at work"):
            job.fuse(warehouse)
    assert job.fuse(warehouse).state == "written"


def test_the_command_answers_people_and_programs(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "load", classmethod(lambda _: warehouse))
    land(warehouse, events_of(*town(2, 40)), 1)
    done = CliRunner().invoke(app, ["fuse", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert (found["state"], found["reports"], found["changed"]) == ("written", 40, 40)
    assert "nothing was written" in CliRunner().invoke(app, ["fuse"]).output
    assert "(full): 40 reports" in CliRunner().invoke(app, ["fuse", "--full"]).output
