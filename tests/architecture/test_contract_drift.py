"""Rendered files say what the contracts say: an edited, stale, missing or left-over one fails here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from streams.contracts import render
from streams.contracts.published import published_tables
from streams.contracts.registry import contracts
from streams.contracts.staging import MODELS, model_name
from streams.lake.tables import schema_of

ROOT = Path(__file__).resolve().parents[2]


def test_no_rendered_file_differs_from_its_contract() -> None:
    made = set(render.rendered())
    assert {Path(f"streams/contracts/generated/{topic}.schema.json") for topic in contracts()} < made
    assert {MODELS / f"{model_name(one)}.sql" for one in contracts().values()} < made
    assert render.stale() == {}, "Run `citybrain contracts render`; these files are made, never edited."


def test_every_rendered_file_says_that_it_is_made() -> None:
    for path, text in render.rendered().items():
        assert render.HEADER in text[:400], path


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for path in render.rendered():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_an_edited_a_missing_and_a_left_over_file_are_found_and_rendering_mends_them(copied: Path) -> None:
    assert render.stale(copied) == {}
    edited, missing, *_ = render.rendered()
    (copied / edited).write_text((copied / edited).read_text() + " ")
    (copied / missing).unlink()
    left_over = {edited.with_name("city.gone.thing.v1.schema.json"), MODELS / "stg_gone__thing_events.sql"}
    for one in left_over:
        (copied / one).write_text("{}")
    expected = {edited: "edited or stale", missing: "missing"} | dict.fromkeys(left_over, "left over")
    assert render.stale(copied) == expected
    assert set(render.write(copied)) == set(expected)
    assert render.stale(copied) == {}
    assert render.write(copied) == []


def test_the_command_fails_on_a_stale_file(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = render.stale
    monkeypatch.setattr(render, "stale", lambda: real(copied))
    run = CliRunner()
    assert run.invoke(app, ["contracts", "render", "--check"]).exit_code == 0
    (copied / next(iter(render.rendered()))).write_text("edited")
    assert run.invoke(app, ["contracts", "render", "--check"]).exit_code == 1


def test_a_lake_table_has_the_raw_tables_columns_and_what_only_the_lake_keeps() -> None:
    for contract in contracts().values():
        schema = schema_of(contract)
        raw = {column.name: not column.required for column in contract.raw_columns}
        kept = {field.column for field in contract.fields if field.lake_only}
        assert {field.name: field.nullable for field in schema if field.name not in kept} == raw
        assert set(schema.names) - set(raw) == kept


def test_no_lake_only_field_and_no_person_reaches_a_table_of_postgresql() -> None:
    ddl = (ROOT / "streams/warehouse/generated/raw.sql").read_text()
    published = (ROOT / "streams/warehouse/generated/published.sql").read_text()
    lake_only = {f.column for contract in contracts().values() for f in contract.fields if f.lake_only}
    assert lake_only == {"reporter_token", "reporter_token_previous", "token_key_id", "text"}
    for name in lake_only:
        assert f'"{name}"' not in ddl
        assert f'"{name}"' not in published


def test_every_published_table_is_keyed_by_its_publication_and_append_only() -> None:
    ddl = (ROOT / "streams/warehouse/generated/published.sql").read_text()
    tables = published_tables()
    assert len(tables) >= 8
    for table in tables:
        assert table.primary_key[0] == table.columns[0].name == "publication_id"
        kept = f"{'frozen' if table.from_dbt else 'published'}.{table.name}"
        assert f"on {kept}\nfor each statement execute function published.refuse_change()" in ddl
        if table.from_dbt:
            assert f"before update on {kept}\nfor each row execute function frozen.end_once()" in ddl
        assert f"create or replace view published.current_{table.name} as" in ddl
