"""What events tell as reports and ties: who tells, of what, and what its source declares."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from streams.fusion.evidence import CAMERAS
from streams.fusion.reports import gathered

START = datetime(2026, 3, 2)


def event(number: str, stage: str, hours: float = 0.0, system: str = "12345", **other: Any) -> dict[str, Any]:
    plain = {"city_code": "shuifu", "event_source": f"/shuifu/{system}", "case_id": number, "stage": stage}
    return plain | {"event_at_utc": START + timedelta(hours=hours), "area_code": "530681001"} | other


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


def test_one_number_in_two_systems_is_two_reports() -> None:
    told = events(event("7", "accepted"), event("7", "accepted", system="app"), event("8", "closed"))
    found, _ = gathered({"hotline.ticket": told})
    assert found["subject"].to_list() == ["/shuifu/12345/7", "/shuifu/app/7"]


def test_the_first_opening_speaks_and_who_only_asks_tells_nothing() -> None:
    told = events(
        event("1", "accepted", hours=2, text="later", is_information_only=None),
        event("1", "accepted", hours=1, text="first", is_information_only=None),
        event("2", "accepted", text="asks", is_information_only=True),
    )
    found, _ = gathered({"hotline.ticket": told, "department.service": told})
    assert found.select("source", "text", "county_code").rows() == [("hotline.ticket", "first", "530681")]


def test_a_parent_is_of_the_same_system_and_a_related_number_of_the_only_one_that_uses_it() -> None:
    tickets = events(
        event("1", "accepted"),
        event("2", "accepted", parent_case_id="9"),
        event("2", "merged", hours=1, parent_case_id="1"),
        event("5", "accepted", parent_case_id=None),
    )
    reports = events(
        event("G1", "reported", system="grid", related_case_id="1"),
        event("G2", "reported", system="grid", related_case_id="5"),
        event("G3", "reported", system="grid", related_case_id="none"),
    )
    cases = events(event("5", "reported", system="chengguan"))
    seen = events(event("x", "detected", system="video", detection_id="D1", detection_type="fire_smoke"))
    found, ties = gathered(
        {"hotline.ticket": tickets, "grid.report": reports, "department.case": cases, CAMERAS: seen.drop("case_id")}
    )
    assert "D1" in found["subject"]
    assert sorted(ties.select("subject", "other_source", "other_subject", "tie").rows()) == [
        ("/shuifu/12345/2", "hotline.ticket", "/shuifu/12345/1", "parent"),
        ("/shuifu/grid/G1", "hotline.ticket", "/shuifu/12345/1", "related"),
    ]
