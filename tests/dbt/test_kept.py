"""What stays between builds equals what a full build makes, in every row; on a real PostgreSQL, over random splits.

CITYBRAIN_SPLITS says how many ways of splitting are tried (`make splits` tries many).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from streams.books import ledger
from streams.books.removal import undo
from streams.books.state import lake_reached, reached
from streams.builds import kept as keeping
from streams.builds.dbt import PROJECT, Dbt
from streams.builds.kept import SCHEMA, Kept
from streams.contracts.registry import contracts
from streams.reference.load import load as load_reference
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.dbt.manifest_rules import Manifest, models
from tests.fixtures.town import lander, on_the_broker, town
from tests.fixtures.warehouse import fetch, own_warehouse, run_sql

SPLITS = range(int(os.environ.get("CITYBRAIN_SPLITS", "1")))

KEPT_MODELS = (
    "int_case__callback",
    "int_case__lifecycle",
    "int_case__retold_stage",
    "int_case__stage_events",
    "int_detection__lifecycle",
)
ON_THEM = ("fct_case", "fct_case_finding", "fct_supervision", "fct_detection")

SELECTED = ["build", "--select", *(f"+{model}" for model in ON_THEM), "--exclude-resource-type", "test", "unit_test"]

FOUNDATION = keeping.foundation()

Messages = pl.DataFrame


@pytest.fixture(scope="module")
def messages() -> Messages:
    """Forty days of the town: every case topic and the detections."""
    told = {one.topic for one in contracts().values() if keeping.entity_of(one)}
    return town(8, datetime(2026, 3, 1), datetime(2026, 4, 10), 0.04).filter(pl.col("topic").is_in(list(told)))


@pytest.fixture
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_kept", tmp_path_factory.mktemp("lake")) as settings:
        load_reference(settings)
        yield settings


def shuffled(messages: Messages, seed: int) -> Messages:
    """As a feed that is late and out of order: each message moves by up to some days, a few by weeks."""
    rng = random.Random(seed)
    moved = [rng.choice([0, 0, 3, 3, 20]) * 86_400 * rng.random() for _ in range(messages.height)]
    order = messages["timestamp"].dt.epoch("s") + pl.Series(moved)
    return on_the_broker(messages.with_columns(order.alias("order")).sort("order").drop("order"))


def build(settings: Settings, schema: str, *, full: bool = False, as_of: datetime | None = None) -> int | None:
    """Entities and what stands on them, as `citybrain build` makes them."""
    with connect(settings, "dbt", autocommit=True) as connection:
        connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute(f"create schema {schema}")
        kept = Kept(connection, as_of)
        touched = kept.begin(full=full)
        with Dbt(settings, schema, kept=SCHEMA, variables=known_by(as_of)) as dbt:
            dbt.run(SELECTED, lambda line: None)
        kept.finish()
    return touched


def known_by(as_of: datetime | None) -> dict[str, str]:
    return {"as_of_utc": as_of.isoformat(sep=" ")} if as_of else {}


def differences(settings: Settings, as_of: datetime | None = None) -> dict[str, int]:
    """Rows of each table that are not the same in a build from nothing, in a schema of its own."""
    run_sql(settings, "drop schema if exists wap_anew cascade; create schema wap_anew", "dbt")
    with Dbt(settings, "wap_anew", variables=known_by(as_of)) as dbt:
        dbt.run(SELECTED, lambda line: None)
    found = {}
    for table in (*KEPT_MODELS, *ON_THEM):
        mine = f"{SCHEMA if table in KEPT_MODELS else 'wap_step'}.{table}"
        columns = [
            row[0]
            for row in fetch(
                settings,
                "select column_name from information_schema.columns where table_schema = 'wap_anew'"
                f" and table_name = '{table}' order by 1",
            )
        ]
        listed = ", ".join(columns)
        one, other = f"select {listed} from {mine}", f"select {listed} from wap_anew.{table}"
        ((rows, unlike),) = fetch(
            settings,
            f"select (select count(*) from wap_anew.{table}), (select count(*) from"
            f" (({one} except all {other}) union all ({other} except all {one})) as unlike)",
        )
        assert rows, f"{table} is empty"
        found[table] = unlike
    return found


NONE = dict.fromkeys((*KEPT_MODELS, *ON_THEM), 0)


@pytest.mark.parametrize("seed", SPLITS)
def test_an_incremental_build_equals_a_full_one_in_every_row(
    warehouse: Settings, messages: Messages, seed: int
) -> None:
    rng = random.Random(seed)
    ordered = shuffled(messages, seed)
    ends = sorted(rng.sample(range(ordered.height // 2, ordered.height), 3))
    town_hall = lander(warehouse)
    touched: list[int | None] = []
    for batch, (first, end) in enumerate(zip([0, *ends], [*ends, ordered.height], strict=True)):
        town_hall.land(ordered.slice(first, end - first), "town", batch)
        touched.append(build(warehouse, "wap_step"))
    assert touched[0] is None
    assert all(touched[1:])
    told = dict(fetch(warehouse, f"select stage, count(*) from {SCHEMA}.int_case__stage_events group by 1"))
    assert {"reopened", "merged", "voided", "callback_attempted"} <= set(told), "the rare stages are among them"

    gone = rng.sample(range(ordered.height), ordered.height // 50)
    take_out(warehouse, ordered[sorted(gone)])
    removed = build(warehouse, "wap_step")
    assert removed
    assert removed <= len(gone)
    assert differences(warehouse) == NONE


def test_past_instants_are_followed_by_what_became_known_since(warehouse: Settings, messages: Messages) -> None:
    """All has landed; as of one past instant and from there as of a nearer one it equals a build from nothing as of
    that in every row."""
    lander(warehouse).land(on_the_broker(messages), "town", 0)
    past, nearer = datetime(2026, 3, 15), datetime(2026, 3, 28)
    assert build(warehouse, "wap_step", as_of=past) is None
    kept = f"select count(*), max(known_at_utc) from {SCHEMA}.int_case__stage_events"
    [(then, newest)] = fetch(warehouse, kept)
    assert newest <= past
    assert build(warehouse, "wap_step", as_of=nearer)
    assert differences(warehouse, nearer) == NONE
    [(now, newest)] = fetch(warehouse, kept)
    assert 0 < then < now
    assert newest <= nearer
    with connect(warehouse, "dbt", autocommit=True) as connection:
        touched = Kept(connection).begin()
        assert touched is not None and touched > 0, "what is known now is what the next one makes anew"
        assert Kept(connection, past).begin() is None, "from a later instant there is no way back"


def take_out(settings: Settings, records: Messages) -> None:
    """`citybrain ingest --undo` of them."""
    with connect(settings, "loader") as connection:
        ledger.note_lake(connection, reached(connection))
        assert lake_reached(connection)
    places: dict[tuple[str, int], list[int]] = {}
    for topic, partition, offset in records.select("topic", "partition", "offset").iter_rows():
        places.setdefault((topic, partition), []).append(offset)
    assert sum(sum(one.events.values()) for one in undo(settings, "town", "loaded by mistake", places))


def test_what_is_kept_is_made_anew_only_where_it_must_be(warehouse: Settings, messages: Messages) -> None:
    ordered = on_the_broker(messages.head(600))
    town_hall = lander(warehouse)

    def begun(*, full: bool = False) -> int | None:
        with connect(warehouse, "dbt", autocommit=True) as connection:
            return Kept(connection).begin(full=full)

    def finished(**options: Any) -> int | None:
        with connect(warehouse, "dbt", autocommit=True) as connection:
            kept = Kept(connection)
            touched = kept.begin(**options)
            kept.finish()
            return touched

    town_hall.land(ordered.head(300), "town", 1)
    assert begun() is None, "nothing is kept yet"
    assert begun() is None, "a build that never finished is no base for another"
    assert finished() is None
    assert finished() == 0, "nothing has landed since"
    town_hall.land(ordered.slice(300, 200), "town", 2)
    first = begun()
    assert first
    town_hall.land(ordered.slice(500, 100), "town", 3)
    assert (begun() or 0) >= first, "what a failed build was to make anew is made anew by the next one"
    assert begun(full=True) is None
    assert finished() is None
    run_sql(warehouse, "update raw.ref_city set time_zone = 'Asia/Urumqi' where city_code = 'shuifu'")
    assert finished() is None, "another clock changes every day and month"
    assert finished() == 0
    run_sql(warehouse, "delete from raw.ref_city where city_code = 'chicago'")
    assert finished() is None, "a city that is gone takes its entities along"


def test_another_rule_in_the_project_makes_all_anew(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(warehouse, "dbt", autocommit=True) as connection:
        Kept(connection).begin()
        Kept(connection).finish()
        assert Kept(connection).begin() == 0
        monkeypatch.setattr(keeping, "foundation", lambda: FOUNDATION[:-1])
        assert Kept(connection).begin() is None


def test_whatever_a_kept_entity_stands_on_is_in_the_fingerprint(manifest: Manifest) -> None:
    nodes = manifest["nodes"]
    waiting = [one["unique_id"] for one in models(manifest) if "kept" in one["config"]["tags"]]
    assert {nodes[one]["name"] for one in waiting} == set(KEPT_MODELS)
    assert all(len(nodes[one]["config"]["pre-hook"]) == 1 for one in waiting), "old rows of an entity would stay"
    hashed = {str(path.relative_to(PROJECT)) for path in FOUNDATION}
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one in seen or one not in nodes:
            continue
        seen.add(one)
        assert nodes[one]["original_file_path"] in hashed, one
        waiting += nodes[one]["depends_on"].get("nodes", ())  # a seed stands on nothing
    assert len(seen) > len(KEPT_MODELS)
