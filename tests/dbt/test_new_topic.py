"""The recipe "a case topic", walked in a copy of the checkout: contract, stages, time limit, one line, fact.

Nothing else of the copy is edited. The copy renders, makes its tables on a real PostgreSQL and builds its models.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.check import check_document
from streams.contracts.registry import TOPICS_DIR, read_yaml
from streams.settings import CHECKOUT, Settings

TOPIC = "city.park.request.v1"

FIELDS = {"city_code", "case_id", "stage", "category_scheme", "category_code", "unit_code", "area_code"}

STAGES = {"asked": "received", "answered": "handled", "settled": "closed"}

FACT = """
select
    city_code,
    source,
    case_id,
    max(channel) as channel,
    cast(count(*) as integer) as events_count
from {{ ref('int_park__events') }}
group by city_code, source, case_id
"""

EVENTS = "{{ in_order(ref('stg_park__request_events'), ['case_id']) }}\n"

WALK = """
import json, sys
from datetime import datetime, timedelta
from streams.contracts import render
from streams.reference.load import load
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect
from streams.builds import calendars
from streams.builds.dbt import Dbt

assert render.stale() == {}
settings = Settings.load()
ddl.apply(settings)
load(settings)
calendars.load(settings)
first = datetime(2026, 3, 1, 9)
rows = [
    (f"{case}-{stage}", first + timedelta(hours=hours), f"P{case}", stage, "desk" if stage == "asked" else None)
    for case, last in enumerate([1, 2, 3, 3])
    for hours, stage in enumerate(["asked", "answered", "settled"][:last])
]
with connect(settings, "owner") as connection:
    connection.execute("select ops.ensure_month_partition('park_request', '2026-03-01')")
    for offset, (event, at, case, stage, way_in) in enumerate(rows):
        connection.execute(
            "insert into raw.park_request (event_id, event_source, event_type, event_at_utc, recorded_at_utc,"
            " ingested_at_utc, known_at_utc, event_date, city_code, case_id, stage, way_in, locate_method, is_late,"
            " late_by_minutes, content_hash, kafka_partition, kafka_offset) values (%s, '/shuifu/parks',"
            " 'city.park.request.' || %s || '.v1', %s, %s, %s, %s, %s, 'shuifu', %s, %s, %s, 'none', false, 0, %s, 0,"
            " %s)",
            (event, stage, at, at, at, at, at.date(), case, stage, way_in, event, offset),
        )
select = ["--select", "+source_summary", "+fct_park_request"]
tests = ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
with Dbt(settings, "wap_recipe") as dbt:
    done = dbt.run(["build", *select, *tests], lambda line: None)
assert done.counts["test"] > 50, done.counts
with connect(settings, "owner") as connection:
    summary = connection.execute(
        "select requests, completed, open, events_count, source_name_zh, published_as from wap_recipe.source_summary"
        " where source = 'park.request'"
    ).fetchall()
    cases = connection.execute(
        "select case_id, channel, state from wap_recipe.fct_case where source = 'park.request' order by 1"
    ).fetchall()
    facts = connection.execute(
        "select case_id, channel, events_count from wap_recipe.fct_park_request order by 1"
    ).fetchall()
print(json.dumps([summary, cases, facts]))
"""


def contract() -> dict[str, Any]:
    """A small contract: some fields of the grid reports, and a way in that has a name of its own."""
    document = read_yaml(TOPICS_DIR / "city.grid.report.v1.yaml")
    topic = document["schema"][0]
    document |= {"id": TOPIC, "name": "Requests to the parks office", "version": "1.0.0", "domain": "park"}
    document["servers"][0]["topic"] = topic["name"] = TOPIC
    kind = next(one for one in topic["properties"] if one["name"] == "report_kind")
    topic["properties"] = [one for one in topic["properties"] if one["name"] in FIELDS]
    way_in = kind | {"name": "way_in", "required": False, "description": "How it came in."}
    way_in["quality"] = [_one_of(["desk", "letter"])]
    topic["properties"].append(way_in)
    for one in topic["properties"]:
        if one["name"] == "stage":
            one["quality"] = [_one_of(list(STAGES))]
    own = {"family": "park", "caseColumns": {"channel": "way_in"}}
    kept = [one for one in document["customProperties"] if one["property"] not in own]
    document["customProperties"] = [*kept, *({"property": name, "value": value} for name, value in own.items())]
    return document


def _one_of(values: list[str]) -> dict[str, Any]:
    return {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": values}}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for room in ("streams", "dbt_project"):
        shutil.copytree(CHECKOUT / room, root / room, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    return root


def add_the_topic(root: Path) -> None:
    """All that the recipe asks for, but the examples: they are judged without a server."""
    document = yaml.safe_dump(contract(), allow_unicode=True, sort_keys=False)
    (root / f"streams/contracts/topics/{TOPIC}.yaml").write_text(document, encoding="utf-8")
    project = root / "dbt_project"
    seeds = {
        "stage_map": [
            f"park,{native},{stage},{order}0,true,{str(order > 1).lower()},办理"
            for order, (native, stage) in enumerate(STAGES.items(), start=1)
        ],
        "stage_transition": ["park,none,received", "park,received,handled", "park,handled,closed"],
        "case_source": ["park.request,公园诉求,Requests to the parks office,cases,street,,false"],
        "time_limit": ["shuifu,park.request,,,received,work_day,5,false,0,0,2007-01-01,,parameter,城市参数"],
    }
    for name, lines in seeds.items():
        with (project / f"seeds/{name}.csv").open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
    for path, sql in (("intermediate/park/int_park__events", EVENTS), ("marts/park/fct_park_request", FACT)):
        (project / f"models/{path}.sql").parent.mkdir()
        (project / f"models/{path}.sql").write_text(sql)


def run(root: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_invented_contract_is_a_lawful_one() -> None:
    assert check_document(contract(), TOPIC) == []


def test_a_case_topic_is_its_contract_stages_limit_one_line_and_its_fact(copied: Path, postgres: Settings) -> None:
    add_the_topic(copied)
    assert "park" in run(copied, "-m", "streams.cli.main", "contracts", "render")
    summary, cases, facts = json.loads(run(copied, "-c", WALK).splitlines()[-1])
    assert summary == [[4, 2, 2, 9, "公园诉求", "cases"]]
    states = ["open", "open", "closed", "closed"]
    assert cases == [[f"/shuifu/parks/P{number}", "desk", state] for number, state in enumerate(states)]
    assert [row[1:] for row in facts] == [["desk", 1], ["desk", 2], ["desk", 3], ["desk", 3]]
