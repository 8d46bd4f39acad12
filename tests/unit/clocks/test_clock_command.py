"""`citybrain clock` as a clerk uses it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from streams.errors import CityBrainError


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["clock", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_due_says_when_in_the_citys_zone_and_whether_it_may_move() -> None:
    asked = ("due", "--city", "shuifu", "--clock", "work_day", "--limit", "5", "--from", "2026-09-28T10:00")
    assert json.loads(run(*asked, "--json")) == {
        "due_at": "2026-10-11T00:00:00+08:00",
        "provisional": False,
        "state": "running",
    }
    assert "due before 2026-10-11T00:00:00+08:00" in run(*asked)
    late = ("due", "--city", "shuifu", "--clock", "work_hour", "--limit", "8", "--from", "2026-12-31T08:00:00Z")
    assert json.loads(run(*late, "--json"))["provisional"] is True
    assert "provisional" in run(*late)


def test_a_pause_lengthens_and_an_open_one_leaves_no_due_time() -> None:
    asked = ("due", "--city", "shuifu", "--clock", "work_hour", "--limit", "2", "--from", "2026-11-30T09:00", "--json")
    assert json.loads(run(*asked, "--pause", "2026-11-30T10:00/2026-11-30T11:00"))["due_at"] == (
        "2026-11-30T12:00:00+08:00"
    )
    assert json.loads(run(*asked, "--pause", "2026-11-30T10:00/")) == {
        "due_at": None,
        "provisional": False,
        "state": "paused",
    }


def test_worked_gives_whole_minutes_of_the_citys_calendar() -> None:
    asked = ("worked", "--city", "chicago", "--from", "2026-10-30", "--to", "2026-11-03T00:00:59")
    assert json.loads(run(*asked, "--json")) == {"worked_minutes": 960}
    assert run(*asked).startswith("960 working minutes (16 h 0 min)")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("worked", "--city", "shuifu", "--from", "morgen", "--to", "2026-11-03"), "'morgen' is no time"),
        (("worked", "--city", "shuifu", "--from", "2026-11-03", "--to", "2026-11-02"), "--to is before --from"),
        (("worked", "--city", "nowhere", "--from", "2026-11-03", "--to", "2026-11-04"), "no city 'nowhere'"),
        (
            ("worked", "--city", "shuifu", "--from", "2026-11-03", "--to", "2026-11-04", "--pause", "2026-11-03"),
            "is no pause",
        ),
    ],
)
def test_what_cannot_be_read_is_said(words: tuple[str, ...], what: str) -> None:
    with pytest.raises(CityBrainError, match=what):
        CliRunner().invoke(app, ["clock", *words], catch_exceptions=False)
