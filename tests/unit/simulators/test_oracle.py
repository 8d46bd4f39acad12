"""The oracle itself, against six cases counted by hand."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import oracle

JULY = datetime(2026, 7, 10)
AS_OF = datetime(2026, 8, 1)
DEFAULTS = {
    "received_at_utc": JULY, "closed_at_utc": JULY + timedelta(days=2), "due_at_utc": JULY + timedelta(days=3),
    "unit_code": "water", "exclusion_code": None, "parent_case_id": None, "is_voided": False, "is_duplicate": False,
    "is_information_only": False, "has_location": True, "true_grid_code": "g1", "true_community_code": "c1",
    "true_street_code": "s1",
}  # fmt: skip


@pytest.fixture
def truth_dir(tmp_path: Path) -> Path:
    cases = [
        {"case_id": "A"},
        {"case_id": "B", "closed_at_utc": JULY + timedelta(days=15), "due_at_utc": JULY + timedelta(days=20)},
        {"case_id": "C", "closed_at_utc": None, "exclusion_code": "E1"},
        {"case_id": "D", "closed_at_utc": None, "due_at_utc": AS_OF + timedelta(days=1), "true_grid_code": None},
        {"case_id": "E", "is_duplicate": True, "parent_case_id": "A", "closed_at_utc": None},
        {"case_id": "F", "is_voided": True},
    ]
    attempts = [
        ("A", "unreachable", None, None),
        ("A", "answered", "basically_resolved", "dissatisfied"),
        ("C", "answered", "unresolved", "very_satisfied"),
        ("E", "answered", "resolved", "satisfied"),
    ]
    calls = [
        {"case_id": case, "stage": "callback_attempted", "event_at_utc": datetime(2026, 7, 31, 17),
         "callback_result": result, "resolution": resolution, "satisfaction": satisfaction}
        for case, result, resolution, satisfaction in attempts
    ]  # fmt: skip
    lives = [
        {"case_id": case["case_id"], "stage": "accepted", "event_at_utc": JULY, "request_kind": "complaint"}
        for case in cases
    ]
    lives.append({"case_id": "D", "stage": "paused", "event_at_utc": JULY + timedelta(days=3)})
    frame = pd.DataFrame([{**DEFAULTS, **case} for case in cases])
    for name in ("received_at_utc", "closed_at_utc", "due_at_utc"):
        frame[name] = pd.to_datetime(frame[name])
    for name, told in (("cases", frame), ("events", pd.DataFrame(calls + lives).assign(urgency=None))):
        (tmp_path / name).mkdir()
        told.to_parquet(tmp_path / name / "hotline.ticket.parquet")
    (tmp_path / "truth.json").write_text(json.dumps({"as_of_utc": AS_OF.isoformat()}))
    return tmp_path


@pytest.mark.parametrize(
    ("indicator", "variant", "month", "expected"),
    [
        ("T04b", "raw", 7, (2, 4, 4)),  # A and B of A-D; E is a duplicate, F void
        ("T04a", "raw", 7, (2, 3, 3)),  # seven working days end with 21 July; D is paused, so not due
        ("T03a", "raw", 7, (1, 3, 3)),  # B closed too late, C is overdue
        ("T03d", "raw", 7, (2, 3, 3)),  # B's source gave it until 30 July
        ("T03a", "adjusted", 7, (1, 2, 2)),  # C is excluded
        ("R05", "raw", 8, (2, 3, 2)),  # 17:00 UTC is the next local day; E's call does not count
        ("R02", "raw", 8, (1, 2, 2)),
        ("R03", "raw", 8, (1, 2, 2)),
        ("R02", "adjusted", 8, (1, 1, 1)),
        ("G01b", "raw", 7, (5, None, 5)),
        ("G12", "raw", 7, (4, 5, 5)),
    ],
)
def test_figures_are_those_counted_by_hand(
    truth_dir: Path, indicator: str, variant: str, month: int, expected: tuple[Any, ...]
) -> None:
    table = oracle.expected_values(truth_dir).set_index(oracle.CELL)
    places = {"city": "530681", "street": "s1"} | ({"community": "c1"} if indicator.startswith("G") else {})
    for level, area in places.items():
        row = table.loc[(indicator, variant, date(2026, month, 1), level, area, "")]
        found = (row.numerator, None if pd.isna(row.denominator) else row.denominator, row.n)
        assert found == expected, level
    assert not table.index.duplicated().any()


def test_units_and_grids_get_only_the_cells_that_are_published(truth_dir: Path) -> None:
    table = oracle.expected_values(truth_dir)
    assert set(table[table.area_level == "grid"].indicator_id) == {"G01b"}
    assert set(table[table.unit_code != ""].area_level) == {"city", "street"}


def test_a_summary_counts_merged_cases_with_the_one_they_were_merged_into(tmp_path: Path) -> None:
    lives = {
        "closed": ["reported", "closed"],
        "merged into it": ["reported", "merged"],
        "merged into an open one": ["reported", "merged"],
        "open": ["reported", "dispatched"],
        "taken up again": ["reported", "closed", "reworked"],
        "and closed again": ["reported", "closed", "reworked", "closed"],
        "void": ["reported", "voided"],
    }
    parents = {"merged into it": "closed", "merged into an open one": "open"}
    rows = [
        {"case_id": case, "stage": stage, "event_at_utc": JULY + timedelta(hours=hour),
         "parent_case_id": parents.get(case) if stage == "merged" else None}
        for case, stages in lives.items()
        for hour, stage in enumerate(stages)
    ]  # fmt: skip
    (tmp_path / "events").mkdir()
    pd.DataFrame(rows).to_parquet(tmp_path / "events/department.case.parquet")
    pd.DataFrame(rows).to_parquet(tmp_path / "events/hotline.call.parquet")
    found = oracle.expected_summary(tmp_path)
    assert found.index.tolist() == ["department.case"]
    counts = dict(zip(oracle.COUNTS, [7, 3, 3, 1, 2, 0], strict=True))
    assert found.loc["department.case", oracle.COUNTS].to_dict() == counts
    assert found.loc["department.case", "last_event_at_utc"] == JULY + timedelta(hours=3)
