"""Envelopes: what is written is what was meant, byte for byte, for any text."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.registry import cities, contract
from streams.contracts.validate import broken_rule
from streams.errors import CityBrainError
from streams.sources.envelope import envelopes, event_ids

HOTLINE = contract("city.hotline.ticket.v1")
AT = datetime(2026, 3, 2, 1, 15, 0, 250_000)


def event(**data: Any) -> dict[str, Any]:
    return {
        "event_source": "/shuifu/hotline",
        "event_at_utc": AT,
        "recorded_at_utc": AT,
        "city_code": "shuifu",
        "case_id": "SF1",
        "stage": "accepted",
    } | data


def one(**data: Any) -> dict[str, Any]:
    return json.loads(envelopes(pl.DataFrame([event(**data)]), HOTLINE)["value"][0])


def test_an_envelope_says_what_the_contract_wants() -> None:
    made = envelopes(pl.DataFrame([event(longitude=104.4, is_duplicate=False, due_at=AT)]), HOTLINE)
    assert made["key"][0] == b"shuifu/SF1"
    assert json.loads(made["value"][0]) == {
        "specversion": "1.0",
        "id": hashlib.sha256(b"shuifu|/shuifu/hotline|SF1|accepted|2026-03-02T01:15:00.250Z").hexdigest()[:32],
        "source": "/shuifu/hotline",
        "type": "city.hotline.ticket.accepted.v1",
        "subject": "SF1",
        "time": "2026-03-02T01:15:00.250Z",
        "recordedtime": "2026-03-02T01:15:00.250Z",
        "datacontenttype": "application/json",
        "data": {
            "city_code": "shuifu",
            "case_id": "SF1",
            "stage": "accepted",
            "longitude": 104.4,
            "due_at": "2026-03-02T01:15:00.250Z",
            "is_duplicate": False,
        },
    }


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80), category=st.none() | st.text(max_size=9))
def test_any_text_comes_back_as_it_was_and_nulls_are_left_out(text: str, category: str | None) -> None:
    sent = one(text=text, category_name=category, unit_code=None)["data"]
    assert sent["text"] == text
    assert sent.get("category_name") == category
    assert ("category_name" in sent) == (category is not None)
    assert "unit_code" not in sent


def test_text_that_looks_like_an_empty_member_is_not_cut_out() -> None:
    text = 'a,"longitude":null,\\"latitude\\":null,'
    assert one(text=text, unit_code='","x":null')["data"]["text"] == text


def test_members_outside_the_contract_go_along() -> None:
    assert one(extra={"skill_group": "A3", "none": None})["data"]["skill_group"] == "A3"


def test_what_is_enveloped_keeps_the_contract() -> None:
    made = envelopes(pl.DataFrame([event(text="积水", longitude=104.4, latitude=28.6)]), HOTLINE)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert broken_rule(HOTLINE, made["key"][0], made["value"][0], now=now, cities=cities()) is None


def test_the_id_depends_on_city_source_case_stage_and_time_alone() -> None:
    rows = [
        event(),
        event(unit_code="X", longitude=1.0),
        event(stage="closed"),
        event(case_id="SF2"),
        event(event_source="/shuifu/web"),
        event(event_at_utc=AT.replace(minute=16)),
    ]
    ids = event_ids(pl.DataFrame(rows, infer_schema_length=None), HOTLINE).to_list()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


def test_a_correction_back_to_what_was_said_first_is_an_event_of_its_own() -> None:
    said = [
        event(),
        event(basis="corrected", recorded_at_utc=AT.replace(day=3)),
        event(basis="corrected", recorded_at_utc=AT.replace(day=4)),
        event(basis="inferred"),
    ]
    ids = event_ids(pl.DataFrame(said, infer_schema_length=None), HOTLINE).to_list()
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]


def test_a_frame_that_is_not_of_the_contract_is_refused_by_column() -> None:
    with pytest.raises(CityBrainError, match="no events of") as caught:
        envelopes(pl.DataFrame([event(phone="1")]).drop("stage"), HOTLINE)
    assert "missing: ['stage']; not in the contract: ['phone']" in caught.value.why
    with pytest.raises(CityBrainError, match="lack required values"):
        envelopes(pl.DataFrame([event(), event(case_id=None)]), HOTLINE)


def test_no_events_are_no_envelopes() -> None:
    assert envelopes(pl.DataFrame([event()]).clear(), HOTLINE).rows() == []
