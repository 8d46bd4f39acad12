"""What the platform never does, it can't be made to do by a contract: each refusal fires, and says what to do."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts import check
from streams.contracts.check import check_all, check_document
from streams.contracts.published import published_table, published_tables
from streams.contracts.refusals import FIELDS, KEYS, WATCHED, Refusal, refused, refused_table
from streams.contracts.registry import TOPICS_DIR, Contract, Field, contract, contracts, read_yaml

HOTLINE, CAMERA, DISPUTE = (
    contract(f"city.{name}.v1") for name in ("hotline.ticket", "camera.detection", "department.dispute")
)
PLAIN = replace(HOTLINE.field("urgency"), required=False, enum=())
CODE = replace(HOTLINE.field("case_id"), name="unit_code")


def with_field(one: Contract, field: Field) -> Contract:
    return replace(one, fields=(*one.fields, field))


def keyed(one: Contract, name: str) -> Contract:
    renamed = tuple(replace(field, name=name) if field.name == one.subject_field else field for field in one.fields)
    return replace(one, fields=renamed, key_fields=("city_code", name), subject_field=name)


def said(one: Contract) -> str:
    return "\n".join(map(str, refused(one)))


@pytest.mark.parametrize(("one", "word"), [(one, word) for one in KEYS for word in sorted(one.words)], ids=str)
def test_no_row_is_keyed_by_a_person_household_face_plate_phone_or_id_number(one: Refusal, word: str) -> None:
    assert f"key {word}_code is about {one.what} ({word}). {one.remedy}" in said(keyed(HOTLINE, f"{word}_code"))


@pytest.mark.parametrize(("one", "word"), [(one, word) for one in FIELDS for word in sorted(one.words)], ids=str)
def test_no_field_is_named_after_what_people_are_watched_by(one: Refusal, word: str) -> None:
    assert f"named like {one.what} ({word}). {one.remedy}" in said(
        with_field(HOTLINE, replace(CODE, name=f"{word}_code"))
    )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (("task", "petitioner_list"), "the value petitioner_list is a list of people (petitioner)"),
        (("belief_group", "task"), "the value belief_group is a list of people (belief)"),
        (("household_credit", "task"), "the value household_credit is a score of people or households (credit)"),
        (("children", "task"), "the value children is a record of minors (children)"),
        (("red", "yellow", "green"), "a traffic light. Nobody is graded"),
    ],
)
def test_a_list_of_values_brings_in_no_list_of_people_either(values: tuple[str, ...], problem: str) -> None:
    assert problem in said(with_field(HOTLINE, replace(PLAIN, name="record_kind", enum=values)))


@pytest.mark.parametrize("word", sorted(WATCHED.words))
def test_no_camera_tells_of_people_faces_plates_or_homes(word: str) -> None:
    seen = CAMERA.field("detection_type")
    assert f"the value {word}_seen is {WATCHED.what} ({word})" in said(
        with_field(CAMERA, replace(seen, name="other_type", enum=("water_logging", f"{word}_seen")))
    )
    device = contract("city.camera.device.v1").field("device_class")
    elsewhere = replace(CAMERA, domain="sensing", topic="city.sensing.detection.v1")
    assert f"({word})" in said(with_field(elsewhere, replace(device, enum=("skynet", word))))


def test_a_camera_sends_no_text_no_picture_and_nothing_beside_an_allow_list() -> None:
    assert "a camera's free text, picture or link" in said(with_field(CAMERA, replace(PLAIN, name="snapshot_url")))
    free = tuple(replace(field, reject_without_payload=False) for field in CAMERA.fields)
    assert "detections without an allow-list of things" in said(replace(CAMERA, fields=free))


@pytest.mark.parametrize("topic", ["city.household.score.v1", "city.petition.petitioner.v1", "city.camera.face.v1"])
def test_no_topic_is_about_people(topic: str) -> None:
    assert "the topic is about" in said(replace(HOTLINE, topic=topic))


@pytest.mark.parametrize("one", [DISPUTE, contract("city.petition.matter.v1")], ids=lambda one: one.topic)
@pytest.mark.parametrize("name", ["longitude", "latitude"])
def test_no_point_leads_to_the_door_of_a_petition_or_dispute(one: Contract, name: str) -> None:
    assert f"{name} of a petition or dispute" in said(with_field(one, HOTLINE.field(name)))


def test_visits_are_counted_and_not_described() -> None:
    assert "notes of a visit" in said(with_field(HOTLINE, replace(PLAIN, name="visit_notes")))
    counted = contract("city.department.service.v1").field("visits")
    assert said(with_field(HOTLINE, counted)) == ""


@pytest.mark.parametrize(
    "change", [{"pattern": "^1[3-9][0-9]{9}$"}, {"pattern": None}, {"lake_only": False}, {"classification": "none"}]
)
def test_a_reporter_token_is_hex_and_stays_in_the_lake(change: dict[str, Any]) -> None:
    fields = tuple(replace(f, **change) if f.name == "reporter_token" else f for f in HOTLINE.fields)
    assert "a token that could be a number or could leave the lake" in said(replace(HOTLINE, fields=fields))


def test_a_token_says_which_key_made_it() -> None:
    fields = tuple(field for field in HOTLINE.fields if field.name != "token_key_id")
    assert "a token without token_key_id" in said(replace(HOTLINE, fields=fields))


@pytest.mark.parametrize("change", [{"lake_only": False}, {"classification": "none"}])
def test_a_free_text_leaves_the_lake_under_no_class(change: dict[str, Any]) -> None:
    fields = tuple(replace(f, **change) if f.name == "text" else f for f in HOTLINE.fields)
    assert "a free text (no list, no pattern, maxLength over 200 or none)" in said(replace(HOTLINE, fields=fields))
    assert "a free text" in said(with_field(HOTLINE, replace(PLAIN, name="remarks")))
    assert said(with_field(HOTLINE, replace(PLAIN, name="remarks", max_length=200))) == ""


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("^1[3-9][0-9]{9}$", "its pattern is that of a mobile number"),
        ("^[1-9][0-9]{16}[0-9X]$", "its pattern is that of an ID number"),
        ("^[\u4e00-\u9fff][A-Z][A-Z0-9]{5}$", "its pattern is that of a number plate"),
        ("^[a-z.]+@[a-z.]+$", "its pattern is that of an e-mail address"),
        ("[0-9]{4}", "is open"),
        (r"^\d{4}$", "reads differently in other engines"),
        ("^(?:a|b)$", "reads differently in other engines"),
        ("^[0-9$", "is no regular expression"),
        ("^[0-9]{11}$", ""),
        ("^[A-Za-z0-9-]{1,40}$", ""),
        ("^[0-9]{16,17}$", ""),
    ],
)
def test_a_pattern_asks_for_a_code_and_never_for_a_number_of_people(pattern: str, problem: str) -> None:
    told = said(with_field(HOTLINE, replace(PLAIN, name="part_code", pattern=pattern)))
    assert problem in told and bool(told) == bool(problem)


def test_nothing_leaves_by_the_published_door_that_might_not_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = published_table("case_fact")
    keyed_by_home = replace(cases, primary_key=(*cases.primary_key, "household_code"))
    with_phone = replace(cases, columns=(*cases.columns, replace(cases.columns[-1], name="caller_phone")))
    monkeypatch.setattr(check, "published_tables", lambda: (keyed_by_home, with_phone))
    told = "\n".join(map(str, check_all()))
    assert "published.case_fact: key household_code is about a household (household)" in told
    assert "published.case_fact: caller_phone: named like personal data (phone)" in told


def test_the_shipped_contracts_are_refused_nothing() -> None:
    assert [finding for one in contracts().values() for finding in refused(one)] == []
    assert [finding for table in published_tables() for finding in refused_table(table)] == []


def test_the_command_s_check_says_it_of_a_contract_on_disk(tmp_path: Path) -> None:
    document = deepcopy(read_yaml(TOPICS_DIR / f"{HOTLINE.topic}.yaml"))
    properties = document["schema"][0]["properties"]
    properties.append(deepcopy(properties[1]) | {"name": "household_score", "required": False})
    told = "\n".join(map(str, check_document(document, HOTLINE.topic)))
    assert "named like a score of people or households (score). People and households are not scored" in told
    (tmp_path / f"{HOTLINE.topic}.yaml").write_text(yaml.safe_dump(document))
    assert told in "\n".join(map(str, check_all(tmp_path)))
