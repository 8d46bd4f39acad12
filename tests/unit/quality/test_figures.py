"""Rules over measured figures: each one fires on figures that break it, and on nothing else."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from streams.errors import CityBrainError
from streams.quality.gate import RuleResult, judge_frame, quiet_context
from streams.quality.suites import arrivals, flow, freshness, fusion

SOUND = {
    "topic": "city.hotline.ticket.v1",
    "produced": 110,
    "read": 110,
    "span": 110,
    "fates": 110,
    "landed": 100,
    "in_raw": 100,
    "by_source": 100,
    "in_silver": 100,
    "silver_low": 100,
    "silver_high": 100,
    "lake_reach": 109,
    "build_reach": 109,
    "in_marts": 100,
    "marts_low": 100,
    "marts_high": 100,
    "waiting_share": 0.0,
}

ARRIVED = {
    "city_code": "shuifu",
    "source": "hotline.ticket",
    "late_share": 0.02,
    "reject_share": 0.01,
    "unknown_share": 0.0,
    "extra_share": 0.0,
    "recent_records": 1000,
    "adapter_reject_share": 0.01,
    "recent_adapter_rows": 1000,
}

FRESH = {"city_code": "shuifu", "source": "hotline.ticket", "landed": 100, "silence": 0.2}


FUSED = {"city_code": "shuifu", "source": "grid.report", "reports": 1000, "awaiting_share": 0.01}


def failed(name: str, *rows: dict[str, object]) -> dict[str, RuleResult]:
    suites = {"arrivals": arrivals.suite, "flow": flow.suite, "freshness": freshness.suite, "fusion": fusion.suite}
    suite = suites[name]()
    with quiet_context() as context:
        results = judge_frame(context, name, pd.DataFrame(rows), suite)
    assert len(results) == len(suite) > 0
    return {one.rule: one for one in results if not one.passed}


def test_sound_figures_pass() -> None:
    assert failed("flow", SOUND, SOUND | {"topic": "other"}) == {}
    assert failed("arrivals", ARRIVED, ARRIVED | {"city_code": ""}) == {}
    assert failed("freshness", FRESH) == {}
    assert failed("fusion", FUSED) == {}


BROKEN_FLOW = {
    "broker_holds_what_was_read": {"produced": 109},
    "ledger_has_no_gap": {"span": 111},
    "every_record_has_one_fate": {"fates": 109},
    "raw_holds_what_landed": {"landed": 99},
    "sources_add_up": {"by_source": 99},
    "lake_lost_nothing": {"in_silver": 99},
    "lake_invented_nothing": {"in_silver": 101},
    "marts_lost_nothing": {"in_marts": 99},
    "marts_invented_nothing": {"in_marts": 101},
}

WORTH_KNOWING = {
    "few_late_events": {"late_share": 0.11},
    "few_rejects": {"reject_share": 0.06},
    "few_rows_rejected_at_the_adapter": {"adapter_reject_share": 0.06},
    "codes_are_registered": {"unknown_share": 0.001},
    "no_field_outside_the_contract": {"extra_share": 0.001},
}


@pytest.mark.parametrize("rule", BROKEN_FLOW)
def test_a_lost_or_invented_record_blocks(rule: str) -> None:
    found = failed("flow", SOUND, SOUND | BROKEN_FLOW[rule])
    assert set(found) == {rule}
    assert found[rule].severity == "critical"


NO_STOP = {"little_waits": {"waiting_share": 0.02}, "lake_covers_the_build": {"lake_reach": 108}}


@pytest.mark.parametrize(("rule", "changed"), NO_STOP.items())
def test_records_that_wait_and_a_lake_that_lags_are_warnings(rule: str, changed: dict[str, object]) -> None:
    found = failed("flow", SOUND, SOUND | changed)
    assert {rule: one.severity for rule, one in found.items()} == {rule: "warning"}


@pytest.mark.parametrize("rule", WORTH_KNOWING)
def test_a_share_that_is_high_is_a_warning(rule: str) -> None:
    found = failed("arrivals", ARRIVED, ARRIVED | WORTH_KNOWING[rule])
    assert set(found) == {rule}
    assert found[rule].severity == "warning"
    assert "2行中1行不符" in found[rule].detail


WHOLE = {
    "no_source_is_rejected_as_a_whole": ("few_rejects", "reject_share", "recent_records"),
    "no_file_is_rejected_as_a_whole": (
        "few_rows_rejected_at_the_adapter",
        "adapter_reject_share",
        "recent_adapter_rows",
    ),
}


@pytest.mark.parametrize("rule", WHOLE)
def test_a_source_that_is_rejected_as_a_whole_blocks_unless_it_is_a_handful(rule: str) -> None:
    few, share, records = WHOLE[rule]
    changed = ARRIVED | {share: 0.51}
    found = failed("arrivals", ARRIVED, changed)
    assert {one.rule: one.severity for one in found.values()} == {few: "warning", rule: "critical"}
    assert set(failed("arrivals", ARRIVED, changed | {records: 49})) == {few}


def test_each_flow_rule_is_fired_here() -> None:
    assert {one.meta["rule"] for one in flow.suite()} == {*BROKEN_FLOW, *NO_STOP}
    assert {one.meta["rule"] for one in arrivals.suite()} == {*WORTH_KNOWING, *WHOLE}


def test_a_source_that_is_a_little_late_is_a_warning() -> None:
    found = failed("freshness", FRESH, FRESH | {"silence": 1.5})
    assert {rule: one.severity for rule, one in found.items()} == {"sources_are_fresh": "warning"}


def test_a_silent_source_blocks() -> None:
    found = failed("freshness", FRESH, FRESH | {"silence": 3.5})
    assert found["no_source_is_silent"].severity == "critical"


def test_a_source_never_heard_is_a_warning() -> None:
    found = failed("freshness", FRESH, FRESH | {"silence": None, "landed": 0})
    assert {rule: one.severity for rule, one in found.items()} == {"every_live_source_was_heard": "warning"}


def test_reports_without_a_link_are_a_warning() -> None:
    found = failed("fusion", FUSED, FUSED | {"source": "hotline.ticket", "awaiting_share": 0.02})
    assert {rule: one.severity for rule, one in found.items()} == {"links_cover_the_reports": "warning"}


def test_rules_over_no_rows_do_not_pass() -> None:
    with quiet_context() as context, pytest.raises(CityBrainError, match="no figures"):
        judge_frame(context, "flow", pd.DataFrame(columns=list(SOUND)), flow.suite())


def test_a_rule_that_can_not_be_evaluated_is_critical_and_names_no_value() -> None:
    found = failed("flow", {key: value for key, value in SOUND.items() if key != "waiting_share"})
    assert set(found) == {"little_waits"}
    assert found["little_waits"].severity == "critical"
    assert "规则无法执行" in found["little_waits"].detail


def test_results_hold_counts_and_never_rows() -> None:
    found = failed("flow", SOUND | {"in_silver": 4711, "silver_high": 4710})
    text = " ".join(f"{one.observed} {one.detail}" for one in found.values())
    assert found
    assert "4711" not in text
    assert "4710" not in text


def test_judging_calls_nobody_and_leaves_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    called: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: called.append(address))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert failed("flow", SOUND) == {}
    assert called == []
    assert list(tmp_path.iterdir()) == []
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
