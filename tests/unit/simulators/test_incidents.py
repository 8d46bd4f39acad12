"""One thing told by several channels: how far the tellings stray, and that the truth knows each of them."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest

from streams.contracts.registry import contract
from streams.reference import registry
from streams.simulators.feed.assembly import Play, play
from streams.simulators.town.incidents import CITY_MANAGEMENT, EVALUATION_SHARE, HOTLINE
from streams.simulators.town.texts import INSPECTIONS, KEPT_SHARE, OPENINGS, PATROLS
from streams.simulators.town.things import mistaken, things
from streams.simulators.town.world import World
from tests.unit.simulators.conftest import parameters

TOLD_BY = {
    "city.hotline.ticket.v1": "case_id",
    "city.camera.detection.v1": "detection_id",
    "city.department.case.v1": "case_id",
    "city.grid.report.v1": "case_id",
}


def test_every_channel_tells_and_half_of_the_street_incidents_are_told_by_more_than_one(whole: Play) -> None:
    assert set(whole.members["topic"]) == set(TOLD_BY)
    street = whole.incidents.filter(pl.col("kind") == "street")
    assert street.height > 1500
    assert 0.5 < (street["channels"] > 1).mean() < 0.8
    assert whole.incidents["tellings"].sum() == whole.members.height
    assert set(whole.members["incident_id"]) == set(whole.incidents["incident_id"])


def test_members_are_cases_that_were_sent_and_the_cases_know_their_incident(whole: Play) -> None:
    for topic, subject in TOLD_BY.items():
        members = whole.members.filter(pl.col("topic") == topic)
        sent = whole.events[topic].select(subject, "true_incident").unique(subject)
        assert members["subject"].is_unique().all()
        both = members.join(sent, left_on="subject", right_on=subject, how="left")
        assert both["true_incident"].null_count() == 0, topic
        number = both["incident_id"].str.tail(7).cast(pl.Int64)
        assert (number == both["true_incident"]).all()
        assert sent["true_incident"].drop_nulls().len() == members.height, "no telling is missing in the truth"


def test_places_stray_by_thirty_metres_and_never_more_than_eighty(whole: Play) -> None:
    off = whole.members["metres_off"]
    assert off.max() <= 80.2, "six decimals of a degree are a tenth of a metre"
    assert 33 < off.median() < 38, "30 m in each direction: a median of 35 m"


def test_delays_have_a_median_of_two_hours_and_a_tail_of_a_day(whole: Play) -> None:
    minutes = whole.members["minutes_after"]
    assert 110 < minutes.median() < 130
    assert 1250 < minutes.quantile(0.95) < 1650
    assert minutes.min() >= 0


def test_one_category_in_ten_is_wrong_inside_its_family_and_one_in_fifty_outside(whole: Play) -> None:
    shares = dict(whole.members["category"].value_counts(normalize=True).rows())
    assert 0.075 < shares["inside"] < 0.12 and 0.012 < shares["outside"] < 0.03, shares
    family = {c.category_code: c.family for c in registry.categories("shuifu") if c.category_scheme == "shuifu-12345"}
    right = {thing.thing: thing.hotline_code for thing in things()}
    told = whole.members.filter(pl.col("topic") == "city.hotline.ticket.v1").join(whole.incidents, on="incident_id")
    told = told.filter(pl.col("kind") == "street").join(
        whole.cases["city.hotline.ticket.v1"], left_on="subject", right_on="case_id"
    )
    for row in told.select("thing", "category", "category_code").iter_rows(named=True):
        code, wanted = row["category_code"], right[row["thing"]]
        if code in family:
            found = "right" if code == wanted else "inside" if family[code] == family[wanted] else "outside"
            assert found == row["category"], row


def test_fifteen_in_a_hundred_have_a_different_one_within_80_metres_and_a_day(
    city_of_15_months: tuple[Play, float],
) -> None:
    made, _ = city_of_15_months
    assert 0.13 < made.incidents["has_other_near"].mean() < 0.18
    own = made.incidents.with_columns(
        x=pl.col("longitude") * 111_320 * np.cos(np.radians(28.6)), y=pl.col("latitude") * 111_320
    )
    near = own.filter("has_other_near").head(200)
    assert near.height == 200
    for row in near.iter_rows(named=True):
        around = own.filter(
            (pl.col("x") - row["x"]) ** 2 + (pl.col("y") - row["y"]) ** 2 < 82**2,
            (pl.col("occurred_at_utc") - row["occurred_at_utc"]).dt.total_hours().abs() <= 24,
        )
        assert around.height >= 1


@pytest.mark.parametrize(("noise", "metres", "hours"), [(0.5, 18, 1.0), (2.0, 70, 4.0)])
def test_noise_can_be_halved_and_doubled(noise: float, metres: float, hours: float) -> None:
    quiet = play(parameters(scale=0.3, noise=noise))
    assert quiet.parameters.run_name.endswith(f"-noise{noise:g}")
    assert quiet.members["metres_off"].median() == pytest.approx(metres, rel=0.12)
    assert quiet.members["minutes_after"].median() == pytest.approx(hours * 60, rel=0.15)
    wrong = (quiet.members["category"] != "right").mean()
    assert wrong == pytest.approx(0.12 * noise, rel=0.3)


@pytest.mark.parametrize("forms", [OPENINGS, INSPECTIONS, PATROLS])
def test_there_are_five_grammars_or_more_and_a_third_is_kept_for_evaluation(forms: tuple[str, ...]) -> None:
    assert len(forms) >= 5 and len(set(forms)) == len(forms)
    assert len(forms) // KEPT_SHARE * KEPT_SHARE == len(forms)


def test_grammars_and_words_kept_for_evaluation_are_used_for_nothing_else(whole: Play) -> None:
    limit = {"city.hotline.ticket.v1": len(OPENINGS), "city.department.case.v1": len(INSPECTIONS)}
    limit["city.grid.report.v1"] = len(PATROLS)
    for topic, many in limit.items():
        texts = whole.events[topic].filter(pl.col("true_form").is_not_null()).unique("case_id")
        is_kept = texts["true_form"] >= many - many // KEPT_SHARE
        assert (is_kept == texts["true_is_evaluation"]).all(), topic
        assert texts["true_is_evaluation"].mean() == pytest.approx(EVALUATION_SHARE, abs=0.03), topic
    kept = [phrase for thing in things() for phrase in thing.kept_phrases]
    usual = {phrase for thing in things() for phrase in thing.phrases}
    assert len(kept) >= 40 and usual.isdisjoint(kept)
    evaluated = set(whole.members.filter("is_evaluation")["subject"])
    tried = 0
    for topic, value in whole.records.filter(pl.col("outcome") == "valid").select("topic", "value").iter_rows():
        if topic != "city.department.case.v1" or b'"text"' not in value:
            continue
        data = json.loads(value)["data"]
        if any(phrase in data["text"] for phrase in kept):
            tried += 1
            assert whole.events[topic].filter(pl.col("case_id") == data["case_id"])["true_is_evaluation"][0]
    assert tried > 100 and evaluated


def test_nothing_sent_names_the_incident(small: Play) -> None:
    for value in small.records["value"].drop_nulls():
        assert b"true_" not in value and not re.search(rb"IN-[0-9A-F]{4}-\d{7}", value)


def test_declared_ties_lead_to_cases_of_the_same_incident_only(whole: Play) -> None:
    of = dict(whole.members.select("subject", "incident_id").rows())
    tied = 0
    for topic in ("city.department.case.v1", "city.grid.report.v1"):
        events = whole.events[topic].filter(pl.col("related_case_id").is_not_null()).unique("case_id")
        for case, other in events.select("case_id", "related_case_id").iter_rows():
            assert of[case] == of[other]
            tied += 1
    assert 50 < tied < 0.2 * whole.members.height, "most links have to be found"


def test_every_thing_has_a_code_in_both_standards_and_words_for_it() -> None:
    schemes = {(c.category_scheme, c.category_code) for c in registry.categories("shuifu")}
    for thing in things():
        assert ("gbt47678-2026", thing.code_2026) in schemes, thing.thing
        old = ("gbt30428-2013", thing.code_2013) if thing.code_2013 else ("gbt30428-2013-part", thing.part_2013)
        assert old in schemes, thing.thing
        if thing.hotline_code:
            assert ("shuifu-12345", thing.hotline_code) in schemes and len(thing.phrases) >= 3
        if thing.detection_type:
            listed = contract("city.camera.detection.v1").field("detection_type").enum
            assert thing.detection_type in listed


def test_city_management_changes_its_codes_on_the_day_that_the_city_file_names() -> None:
    made = play(parameters(scale=0.1, first="2026-03-25", to="2026-04-08"))
    events = made.events["city.department.case.v1"].filter(pl.col("stage") == "reported")
    said = events.with_columns(day=(pl.col("event_at_utc") + pl.duration(hours=8)).dt.date())
    new = said.filter(pl.col("category_scheme") == "gbt47678-2026")
    old = said.filter(pl.col("category_scheme") != "gbt47678-2026")
    assert min(new.height, old.height) > 10
    assert str(new["day"].min()) == "2026-04-01" > str(old["day"].max())
    parts = said.filter(pl.col("object_kind") == "part")
    assert set(parts.join(new, on="case_id", how="semi")["part_code"].str.len_chars()) == {17}
    assert set(parts.join(old, on="case_id", how="semi")["part_code"].str.len_chars()) == {16}


def test_a_mistake_is_of_the_kind_that_was_asked_for_or_none() -> None:
    families = ["a", "a", "b", "c", "c", "c"]
    right = np.repeat(np.arange(6), 300)
    told, fault = mistaken(np.random.default_rng(1), right, np.tile([0, 1, 2], 600), families)
    family = np.array(families)
    assert (told[fault == 0] == right[fault == 0]).all()
    assert (told[fault == 1] != right[fault == 1]).all()
    assert (family[told[fault == 1]] == family[right[fault == 1]]).all()
    assert (family[told[fault == 2]] != family[right[fault == 2]]).all()
    assert 2 not in right[fault == 1], "the only code of its family"
    assert (fault == 2).sum() == 600


def test_neighbours_are_other_incidents_with_spots_of_their_own() -> None:
    found = World.of(parameters()).incidents
    planted = found.incidents.filter(pl.col("near") >= 0)
    beside = found.incidents[planted["near"]]
    assert planted.height > 80
    assert (planted["spot"] != beside["spot"]).all()
    same = (planted["thing"] == beside["thing"]).mean()
    assert 0.05 < same < 0.4
    assert {HOTLINE, CITY_MANAGEMENT} <= set(found.tellings["channel"])
