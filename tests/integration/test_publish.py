"""The publish protocol on a real PostgreSQL: whole or not at all, once, never older, always explained."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from streams.builds.faults import Held
from streams.errors import CityBrainError
from streams.publications import publish as protocol
from streams.publications import second_copy
from streams.publications.publish import publish
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import (
    AS_OF,
    Rows,
    built_and_judged,
    fetch,
    frozen,
    good_rows,
    load_reference,
    manifest,
    own_warehouse,
    run_sql,
    value,
)


@pytest.fixture
def warehouse(postgres: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_publish", tmp_path / "lake") as settings:
        load_reference(settings)
        yield settings


def changed(**columns: object) -> Rows:
    """The good build with another R05 of the whole city."""
    rows = good_rows()
    cell = next(one for one in rows["indicator_value"] if one["indicator_id"] == "R05" and "unit_code" not in one)
    cell.update(columns)
    return rows


def restatements(settings: Settings) -> list[tuple[object, ...]]:
    return fetch(
        settings,
        "select publication_id, previous_publication_id, indicator_id, area_level, old_value, new_value,"
        " old_numerator, new_numerator, cause from published.restatement order by 1, 3, 4",
        role="reader",
    )


def test_a_judged_build_becomes_publication_one(warehouse: Settings) -> None:
    built_and_judged(warehouse, "scheduled__2026-10-01T02:30:00+08:00", good_rows())
    done = publish(warehouse, "scheduled__2026-10-01T02:30:00+08:00")
    assert (done.state, done.publication_id, done.value_rows, done.restated_cells) == ("published", 1, 10, 0)
    row = fetch(
        warehouse,
        "select run_id, data_as_of_utc, data_as_of, data_version, code_version, cause, value_rows, restated_cells,"
        " length(checksum) from published.publication",
        role="reader",
    )
    assert row == [
        (
            "scheduled__2026-10-01T02:30:00+08:00",
            AS_OF,
            '{"shuifu": "2026-10-01T00:00:00"}',
            '{"city.hotline.ticket.v1": {"0": 100}}',
            "v1",
            "",
            10,
            0,
            64,
        )
    ]
    for table, rows in good_rows().items():
        shown = fetch(warehouse, f"select publication_id from published.current_{table}", role="reader")
        assert shown == [(1,)] * len(rows), table


@pytest.mark.parametrize("verdict", ["red", "failed", "stale", "running"])
def test_without_a_green_verdict_nothing_is_published(warehouse: Settings, verdict: str) -> None:
    built_and_judged(warehouse, "r1", good_rows(), verdict=verdict)
    with pytest.raises(CityBrainError, match="no green verdict") as caught:
        publish(warehouse, "r1")
    assert caught.value.exit_code == 3
    assert frozen(warehouse, "publication") == []


def test_an_unbuilt_run_is_refused(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError, match="no finished build"):
        publish(warehouse, "never_built")


def test_a_verdict_does_not_speak_for_a_later_build(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    run_sql(warehouse, "update wap_r1.indicator_value set value = 0.76 where indicator_id = 'R05'", role="dbt")
    with pytest.raises(CityBrainError, match="not what the gate judged"):
        publish(warehouse, "r1")
    assert frozen(warehouse, "publication") == []


def test_an_unknown_cause_is_refused(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError, match="no cause") as caught:
        publish(warehouse, "r1", cause="because")
    assert caught.value.exit_code == 2


def test_the_same_run_is_published_once(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    again = publish(warehouse, "r1")
    assert (again.state, again.publication_id) == ("repeated", 1)
    assert len(frozen(warehouse, "publication")) == 1
    assert len(frozen(warehouse)) == 10


def test_equal_content_and_code_is_not_published_again_unless_forced(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", good_rows(), offset=200)
    assert publish(warehouse, "r2").state == "unchanged"
    assert len(frozen(warehouse, "publication")) == 1
    assert publish(warehouse, "r2", force=True).publication_id == 2
    built_and_judged(warehouse, "r3", good_rows(), offset=200, code_version="v2")
    assert publish(warehouse, "r3").publication_id == 3


def test_a_changed_final_cell_is_restated_and_the_old_one_stays_readable(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    before = frozen(warehouse)
    rows = changed(numerator=61.0, value=0.7625)
    rows["indicator_value"] = [
        one for one in rows["indicator_value"] if (one["area_level"], one["indicator_id"]) != ("grid", "G01a")
    ]
    built_and_judged(warehouse, "r2", rows, offset=200)
    done = publish(warehouse, "r2", cause="reopened")
    assert (done.publication_id, done.restated_cells) == (2, 2)
    assert restatements(warehouse) == [
        (2, 1, "G01a", "grid", 12.0, None, 12.0, None, "reopened"),
        (2, 1, "R05", "city", 0.75, 0.7625, 60.0, 61.0, "reopened"),
    ]
    assert frozen(warehouse)[: len(before)] == before
    assert fetch(warehouse, "select restated_cells from published.current_publication", role="reader") == [(2,)]


def test_a_final_cell_that_becomes_suppressed_is_restated_without_its_new_number(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    hidden = {"numerator": None, "denominator": None, "n": None, "value": None}
    rows = changed(**hidden, suppressed=True, suppression_reason="small_cell")
    built_and_judged(warehouse, "r2", rows, offset=200)
    publish(warehouse, "r2")
    assert restatements(warehouse) == [(2, 1, "R05", "city", 0.75, None, 60.0, None, "late_data")]


def test_a_provisional_cell_just_matures(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", changed(status="provisional"))
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), offset=200)
    assert publish(warehouse, "r2").restated_cells == 0


def test_a_change_without_new_data_is_a_correction(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), code_version="v2")
    publish(warehouse, "r2")
    assert [row[-1] for row in restatements(warehouse)] == ["correction"]


def test_older_data_never_replaces_newer(warehouse: Settings) -> None:
    built_and_judged(warehouse, "old", good_rows(), offset=100)
    built_and_judged(warehouse, "new", changed(numerator=61.0, value=0.7625), offset=200)
    publish(warehouse, "new")
    with pytest.raises(CityBrainError, match="older data") as caught:
        publish(warehouse, "old")
    assert "city.hotline.ticket.v1/0" in caught.value.why
    assert len(frozen(warehouse, "publication")) == 1


def test_a_suppressed_number_is_refused_whatever_the_gate_said(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", changed(suppressed=True, suppression_reason="small_cell"))
    with pytest.raises(psycopg.errors.CheckViolation):
        publish(warehouse, "r1")
    assert frozen(warehouse, "publication") == []
    assert fetch(warehouse, "select state from ops.pipeline_run where kind = 'publish'") == [("failed",)]


CHILD = """
import sys
from dataclasses import replace
from streams.settings import Settings
from streams.publications.publish import publish
settings = replace(Settings.load(), warehouse_url_override=sys.argv[1], lake_uri=sys.argv[2])
done = publish(settings, sys.argv[3])
print(done.state, done.publication_id)
"""


def child(settings: Settings, run_id: str, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, settings.warehouse_url, settings.lake_uri, run_id]
    return subprocess.Popen(command, env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_kill_in_the_middle_leaves_the_old_publication_whole(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    before = frozen(warehouse)
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), offset=200)
    killed = child(warehouse, "r2", CITYBRAIN_CRASH_AT="mid_publish")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert frozen(warehouse) == before
    assert len(frozen(warehouse, "publication")) == 1
    assert restatements(warehouse) == []
    assert (publish(warehouse, "r2").publication_id, len(restatements(warehouse))) == (2, 1)


def test_of_two_publishers_at_once_both_are_served_one_after_the_other(warehouse: Settings) -> None:
    for number in range(4):
        built_and_judged(
            warehouse, f"r{number}", changed(numerator=60.0 + number, value=(60 + number) / 80), offset=100
        )
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            query = "select max(publication_id), count(*) from published.current_indicator_value"
            seen.append(fetch(warehouse, query, role="reader")[0])  # type: ignore[arg-type]
            time.sleep(0.02)

    reader = threading.Thread(target=watch)
    reader.start()
    children = [child(warehouse, f"r{number}") for number in range(4)]
    outcomes = [one.communicate(timeout=90) for one in children]
    stop.set()
    reader.join()
    assert [one.returncode for one in children] == [0] * 4, outcomes
    assert sorted(out.split()[1] for out, _ in outcomes) == ["1", "2", "3", "4"]
    assert {count for _, count in seen} <= {0, 10}, "a reader saw half a publication"
    numbers = [number for number, _ in seen if number is not None]
    assert numbers == sorted(numbers)


def test_a_lock_that_is_not_given_up_is_a_clear_error(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LOCK_SECONDS", 1)
    monkeypatch.setattr(protocol, "LOCK_ATTEMPTS", 2)
    built_and_judged(warehouse, "r1", good_rows())
    with connect(warehouse, "owner") as other:
        other.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (protocol.LOCK,))
        with pytest.raises(CityBrainError, match="another publication is being made"):
            publish(warehouse, "r1")
    assert publish(warehouse, "r1").state == "published"


def test_readers_never_wait_for_a_publication(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    with connect(warehouse, "reader") as reading:
        reading.execute("select * from published.current_indicator_value").fetchall()  # holds its locks
        assert publish(warehouse, "r1").state == "published"


def test_the_second_copy_verifies_and_tells_damage(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    found = second_copy.verify(warehouse)
    tables = len(good_rows())
    assert len(found) == tables + 1 + 1 + tables + 1  # rows of each table, the whole, the manifest, a file of each
    assert [one for one in found if one.problem] == []
    path = Path(warehouse.lake_uri) / "published/publication=1/indicator_value.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert [one.problem for one in second_copy.verify(warehouse, 1) if one.problem] == [
        "the file differs from its checksum"
    ]
    path.unlink()
    assert [one.problem for one in second_copy.verify(warehouse, 1) if one.problem] == ["the file is missing"]


def test_verify_tells_a_row_that_was_changed_behind_the_trigger(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    run_sql(
        warehouse,
        "alter table frozen.indicator_value disable trigger all;"
        "update frozen.indicator_value set value = 0.9 where indicator_id = 'R05';"
        "alter table frozen.indicator_value enable trigger all",
    )
    broken = [(one.what, one.problem) for one in second_copy.verify(warehouse) if one.problem]
    assert broken == [("published.indicator_value", "rows differ from the checksum")]


def test_there_is_nothing_to_verify_before_the_first_publication(warehouse: Settings) -> None:
    with pytest.raises(CityBrainError, match="no publication yet"):
        second_copy.verify(warehouse)


def test_a_lost_copy_is_written_again_by_the_same_command(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    (Path(warehouse.lake_uri) / "published/publication=1/manifest.json").unlink()
    assert [one.problem for one in second_copy.verify(warehouse) if one.problem] != []
    assert publish(warehouse, "r1").state == "repeated"
    assert [one.problem for one in second_copy.verify(warehouse) if one.problem] == []


def test_an_edit_of_what_has_ended_is_found_too(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), offset=200)
    publish(warehouse, "r2")
    run_sql(
        warehouse,
        "alter table frozen.indicator_value disable trigger all;"
        "update frozen.indicator_value set value = 0.9 where until_publication_id = 2;"
        "alter table frozen.indicator_value enable trigger all",
    )
    broken = [(one.publication_id, one.what) for one in second_copy.verify(warehouse) if one.problem]
    assert broken == [(1, "published.indicator_value")]


FORBIDDEN = {
    "a value": "update frozen.indicator_value set value = 0.9",
    "an end taken back": "update frozen.indicator_value set until_publication_id = null",
    "an end and a value": "update frozen.indicator_value set until_publication_id = 9, value = 0.9",
    "a removal": "delete from frozen.case_fact",
    "all of it": "truncate frozen.source_summary",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_a_frozen_row_may_end_once_and_change_in_nothing_else(warehouse: Settings, statement: str) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        run_sql(warehouse, statement)


def test_only_what_differs_is_written_and_both_publications_stay_whole_to_read(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    first = publish(warehouse, "r1")
    assert first.changed_rows == sum(map(len, good_rows().values()))
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), offset=200)
    assert publish(warehouse, "r2").changed_rows == 2  # one row ends, one begins
    for table, rows in good_rows().items():
        held = fetch(warehouse, f"select count(*) from frozen.{table}")[0][0]
        assert held == len(rows) + (table == "indicator_value"), table
        shown = fetch(warehouse, f"select publication_id, count(*) from published.{table} group by 1", role="reader")
        assert sorted(shown) == [(1, len(rows)), (2, len(rows))], table
    query = "select publication_id, value from published.indicator_value where indicator_id = 'R05' and unit_code = ''"
    assert sorted(fetch(warehouse, query, role="reader")) == [(1, 0.75), (2, 0.7625)]
    now = query.replace("published.indicator_value", "published.current_indicator_value")
    assert fetch(warehouse, now, role="reader") == [(2, 0.7625)]


def test_a_period_that_did_not_change_keeps_its_checksum(warehouse: Settings) -> None:
    july = {"period_start": date(2026, 7, 1), "period_end": date(2026, 8, 1)}
    rows, later = good_rows(), changed(numerator=61.0, value=0.7625)
    for one in (rows, later):
        one["indicator_value"].append(value("R05", **july))
    built_and_judged(warehouse, "r1", rows)
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", later, offset=200)
    publish(warehouse, "r2")
    checksums = fetch(
        warehouse,
        "select period, count(distinct checksum) from ops.publication_content"
        " where table_name = 'indicator_value' group by 1 order by 1",
    )
    assert checksums == [("2026-07-01", 1), ("2026-08-01", 2)]


def test_what_the_gate_holds_back_goes_on_as_it_was_published_last(warehouse: Settings) -> None:
    def two_cities(requests: int) -> Rows:
        rows = good_rows()
        for table in ("indicator_value", "source_summary", "case_fact"):
            rows[table] += [{**row, "city_code": "chicago"} for row in good_rows()[table]]
        for row in rows["source_summary"]:
            row["requests"] = requests
        return rows

    def requests() -> list[tuple[object, ...]]:
        return fetch(
            warehouse,
            "select city_code, source, requests from published.current_source_summary order by 1, 2",
            role="reader",
        )

    built_and_judged(warehouse, "r1", two_cities(1), held=[Held("chicago", "", "芝加哥市全部来源：坏")])
    publish(warehouse, "r1")
    assert {row[0] for row in requests()} == {"shuifu"}
    built_and_judged(warehouse, "r2", two_cities(2), offset=200)
    publish(warehouse, "r2")
    held = [Held("shuifu", "petition.matter", "水富市信访事项：坏"), Held("chicago", "hotline.ticket", "芝加哥：坏")]
    built_and_judged(warehouse, "r3", two_cities(3), offset=300, held=held)
    publish(warehouse, "r3")
    assert requests() == [
        ("chicago", "hotline.ticket", 2),
        ("chicago", "petition.matter", 3),
        ("shuifu", "hotline.ticket", 3),
        ("shuifu", "petition.matter", 2),
    ]
    said = fetch(warehouse, "select held_back_zh from published.publication order by publication_id", role="reader")
    assert said == [("芝加哥市全部来源：坏",), (None,), ("水富市信访事项：坏；芝加哥：坏",)]
    assert [one for one in second_copy.verify(warehouse) if one.problem] == []


def test_a_lost_warehouse_gets_its_publications_back_from_the_lake(
    postgres: Settings, warehouse: Settings, tmp_path: Path
) -> None:
    rows = good_rows()
    rows["source_summary"][0]["first_event_at_utc"] = None  # null and empty text must stay apart
    rows["indicator_definition"][0]["description_en"] = 'A "quoted", comma\nand 中文 line'
    built_and_judged(warehouse, "r1", rows)
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=1 / 3), offset=200)
    publish(warehouse, "r2")
    with own_warehouse(postgres, "test_restore", tmp_path / "lake") as empty:
        assert second_copy.restore(empty) == [1, 2]
        for table in ("publication", "restatement", *good_rows()):
            assert frozen(empty, table) == frozen(warehouse, table), table
        assert frozen_rows(empty) == frozen_rows(warehouse)
        assert second_copy.restore(empty) == []
        assert [one for one in second_copy.verify(empty) if one.problem] == []


def frozen_rows(settings: Settings) -> list[list[tuple[object, ...]]]:
    return [fetch(settings, f"select * from frozen.{table} as t order by t") for table in good_rows()]


def test_a_difference_is_restored_onto_what_it_follows_alone(
    postgres: Settings, warehouse: Settings, tmp_path: Path
) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", changed(numerator=61.0, value=0.7625), offset=200)
    publish(warehouse, "r2")
    (Path(warehouse.lake_uri) / "published/publication=1/manifest.json").unlink()
    with own_warehouse(postgres, "test_restore", tmp_path / "lake") as empty:
        with pytest.raises(CityBrainError, match="publication 2 can't be restored") as caught:
            second_copy.restore(empty)
        assert "it follows publication 1" in caught.value.why
        assert frozen(empty, "publication") == frozen(empty) == []


def test_a_damaged_copy_is_not_restored(postgres: Settings, warehouse: Settings, tmp_path: Path) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    path = Path(warehouse.lake_uri) / "published/publication=1/case_fact.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    with own_warehouse(postgres, "test_restore", tmp_path / "lake") as empty:
        with pytest.raises(CityBrainError, match="can't be restored"):
            second_copy.restore(empty)
        assert frozen(empty, "publication") == frozen(empty) == []


def test_the_manifest_holds_what_restoring_needs(warehouse: Settings) -> None:
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    found = manifest(warehouse, 1)
    assert set(found["files"]) == {*good_rows(), "restatement"}
    assert found["publication"]["run_id"] == "r1"
    assert json.loads(found["publication"]["data_as_of"]) == {"shuifu": "2026-10-01T00:00:00"}


def test_twenty_thousand_values_are_published_in_under_five_seconds(warehouse: Settings) -> None:
    rows = good_rows()
    rows["indicator_value"] += [value(area_level="grid", area_code=f"g{n}") for n in range(2, 20_000)]
    built_and_judged(warehouse, "r1", rows)
    publish(warehouse, "r1")
    rows["indicator_value"][-1] |= {"numerator": 61.0, "value": 0.7625}
    built_and_judged(warehouse, "r2", rows, offset=200)
    started = time.monotonic()
    done = publish(warehouse, "r2")
    seconds = time.monotonic() - started
    assert (done.value_rows, done.restated_cells) == (20_008, 1)
    assert seconds < 5, f"{seconds:.1f} s"
