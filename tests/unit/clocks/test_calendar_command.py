"""`citybrain calendar` as an engineer reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from streams.errors import CityBrainError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYBRAIN_HOME", str(tmp_path))


def run(*words: str) -> str:
    return CliRunner().invoke(app, ["calendar", *words], catch_exceptions=False).output


def test_the_list_says_up_to_when_each_calendar_is_settled_and_who_counts_by_it() -> None:
    rows = {row["calendar"]: row for row in json.loads(run("list", "--json"))}
    assert rows["china"] | {"name_zh": ""} == {
        "calendar": "china",
        "name_zh": "",
        "settled_to": "2026-12-31",
        "cities": "shuifu",
        "announced": "",
    }
    assert rows["us_federal"]["cities"] == "chicago"


def test_a_year_is_shown_with_its_working_days_and_one_without_a_notice_says_so() -> None:
    shown = json.loads(run("show", "2026", "--json"))
    assert shown["working_days"] == 248
    assert {"day": "2026-10-10", "weekday": "Saturday", "is_working": True} in shown["days"]
    with pytest.raises(CityBrainError, match="nobody has published the days off of 2027"):
        run("show", "2027")


def test_a_notice_is_judged_before_any_server_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("day,is_working\n2026-05-01,false\n", encoding="utf-8")
    with pytest.raises(CityBrainError, match="2026-05-01 is not in 2027"):
        run("announce", "2027", str(file))
