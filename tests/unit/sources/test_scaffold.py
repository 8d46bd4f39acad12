"""Drafts: what is recognised fits, what isn't stays undecided, and no value of the file gets into a draft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.registry import City, contract
from streams.errors import CityBrainError
from streams.privacy.tokens import TokenKeys
from streams.sources import scaffold, sniff
from streams.sources.adapter import adapt
from streams.sources.mapping import mapping_from
from streams.sources.readers import read_table

HOTLINE = "city.hotline.ticket.v1"
KEYS = TokenKeys.from_secrets({"hmac.key.1": "k" * 40})

FILE = """\
工单编号,状态,受理时间,派单时间,办结时间,办理时限,事项分类,承办单位,所属街道,来电人姓名,身份证编号,联系电话,诉求内容,备忘
A1,已办结,2026/3/2 9:05,,2026-03-03 10:00:00,2026/3/9 18:00,路灯不亮,市城管局,城关街道,王建国,510000,13912345678,坏了,x
A2,办理中,2026/3/2 9:06,2026/3/2 9:30,,2026/3/9 18:00,占道经营,市城管局,城关街道,李秀英,510001,13912345679,占道,y
A3,已作废,2026/3/2 9:07,,2026-03-03 11:00:00,,占道经营,市住建局,,赵敏,510002,13912345670,打错了,z
"""


def draft(tmp_path: Path, text: str = FILE, topic: str = HOTLINE, name: str = "f.csv", **given: Any) -> dict[str, Any]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return drafted(file, topic, **given)


def drafted(file: Path, topic: str = HOTLINE, **given: Any) -> dict[str, Any]:
    options, doubts = sniff.sniffed(file, given)
    made = scaffold.drafted(read_table(file, options), contract(topic), "shuifu-test")
    return yaml.safe_load(
        scaffold.mapping_text(made, title="t", topic=topic, city="shuifu", system="test", reader=options | doubts)
    )


def test_a_chinese_export_needs_only_its_undecided_columns_decided(tmp_path: Path) -> None:
    made = draft(tmp_path)
    assert made["unknown_columns"] == "refuse"
    assert made["drop"] == {"personal": ["来电人姓名", "身份证编号"]}
    rules = mapping_from({**made, "drop": {**made["drop"], "not needed": ["备忘"]}}, "test")
    adapted = adapt(read_table(tmp_path / "f.csv", rules.reader), rules, KEYS)
    assert adapted.rejects.is_empty()
    assert sorted(adapted.events.select("case_id", "stage").rows()) == [
        ("A1", "accepted"),
        ("A1", "closed"),
        ("A2", "accepted"),
        ("A2", "dispatched"),
        ("A3", "accepted"),
        ("A3", "voided"),
    ]
    with pytest.raises(CityBrainError, match=r"unknown column\(s\) 备忘"):
        undecided = mapping_from(made, "test")
        adapt(read_table(tmp_path / "f.csv", undecided.reader), undecided, KEYS)


def test_a_draft_holds_no_value_of_the_file_but_its_status_words(tmp_path: Path) -> None:
    text = str(draft(tmp_path))
    for value in ("王建国", "13912345678", "路灯不亮", "坏了", "市城管局", "A1", "510000"):
        assert value not in text
    assert "已办结" in text


def test_a_number_of_a_person_is_never_taken_for_the_case_s(tmp_path: Path) -> None:
    made = draft(tmp_path, "身份证编号,受理时间\n510000,2026-03-02 09:00:00\n")
    assert made["fields"]["case_id"] == {"column": "TODO case_id"}
    assert made["drop"]["personal"] == ["身份证编号"]


def test_a_missing_first_time_is_left_to_decide(tmp_path: Path) -> None:
    made = draft(tmp_path, "编号,办结时间\n1,2026-03-02 09:00:00\n")
    assert made["stages"] == {"accepted": {"at": "TODO"}, "closed": {"at": "办结时间", "optional": True}}


@pytest.mark.parametrize(
    ("values", "formats", "zone"),
    [
        (["2026-03-02 09:00:00", "2026-03-02 09:00:00.5"], ["%Y-%m-%d %H:%M:%S%.f"], "city"),
        (["2026/3/2 9:05", "2026年3月2日 9:05"], ["%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M"], "city"),
        (["2026-03-02T09:00:00Z", "2026-03-02T09:00:00+08:00"], ["%+"], "in_value"),
        (["03/02/2026 09:05:00 AM", "12/31/2026 11:59:00 PM"], ["%m/%d/%Y %I:%M:%S %p"], "city"),
        (["31/12/2026 09:05"], ["%d/%m/%Y %H:%M"], "city"),
        (["1772323200000"], ["epoch_ms"], "in_value"),
        (["1772323200"], ["epoch_s"], "in_value"),
        (["2026-03-02"] * 3, ["%Y-%m-%d"], "city"),
        ([f"2026-03-{day:02d}" for day in range(1, 29)] + ["昨天"], ["%Y-%m-%d"], "city"),
    ],
)
def test_times_are_recognised_as_they_are_written(
    tmp_path: Path, values: list[str], formats: list[str], zone: str
) -> None:
    made = draft(tmp_path, "编号,受理时间\n" + "".join(f"{i},{value}\n" for i, value in enumerate(values)))
    assert made["stages"] == {"accepted": {"at": "受理时间"}}
    assert made["times"] == {"formats": formats, "zone": zone}


def test_a_column_of_other_things_is_no_time_whatever_its_name(tmp_path: Path) -> None:
    made = draft(tmp_path, "编号,受理时间\n1,上午\n2,下午\n3,2026-03-02\n")
    assert made["stages"] == {"accepted": {"at": "TODO"}}
    assert made["times"]["formats"] == ["TODO"]


@pytest.mark.parametrize(
    ("data", "name", "options"),
    [
        ("编号;值\n1;2\n".encode("gb18030"), "f.csv", {"format": "csv", "encoding": "gb18030", "delimiter": ";"}),
        ("编号,值\n1,2\n".encode(), "f.CSV", {"format": "csv", "encoding": "utf-8", "delimiter": ","}),
        ("a\tb\n".encode("utf-16"), "f.tsv", {"format": "tsv", "encoding": "utf-16"}),
        (b"PK", "f.xls", {"format": "excel"}),
        (b'[{"a": 1}]', "f.json", {"format": "json", "encoding": "utf-8"}),
        (
            b'\xef\xbb\xbf{"code": 0, "tags": [1], "data": {"list": [{"a": 1}]}}',
            "f.json",
            {"format": "json", "encoding": "utf-8", "records": "data.list"},
        ),
        (b'{"type": "FeatureCollection"}', "f.json", {"format": "geojson", "encoding": "utf-8"}),
        (b'{"a": ', "f.json", {"format": "json", "encoding": "utf-8"}),
        (b"{}", "f.ndjson", {"format": "jsonlines", "encoding": "utf-8"}),
        (b"{}", "f.geojson", {"format": "geojson", "encoding": "utf-8"}),
    ],
)
def test_a_file_s_kind_is_seen_by_its_ending_and_first_bytes(
    tmp_path: Path, data: bytes, name: str, options: dict[str, Any]
) -> None:
    (tmp_path / name).write_bytes(data)
    assert sniff.sniffed(tmp_path / name, {"sheet": None, "skip_rows": 0}) == (options, {})


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.pdf").write_bytes(b"%PDF")
    for name in ("f.pdf", "none.csv"):
        with pytest.raises(CityBrainError, match="what kind of file"):
            sniff.sniffed(tmp_path / name, {})


def test_the_city_file_has_the_keys_that_a_city_needs(tmp_path: Path) -> None:
    for is_live in (True, False):
        text = scaffold.city_text(
            code="qs", name_zh="青山", name_en="Q", admin_code="0123", time_zone="Asia/Shanghai", is_live=is_live,
            scheme="qs-1", levels="street, city",
        )  # fmt: skip
        document = yaml.safe_load(text)
        city = City(**{**document, "area_levels": tuple(document["area_levels"])})
        assert (city.admin_code, city.mode) == ("0123", "live" if is_live else "historical")
        assert city.knows_by_recorded_time is not is_live


def test_the_open311_draft_is_a_mapping_that_holds() -> None:
    text = scaffold.open311_text(city="shuifu", system="311", endpoint="https://localhost/v2", scheme="s")
    rules = mapping_from(yaml.safe_load(text), "test")
    assert rules.open311 is not None
    assert rules.open311.endpoint == "https://localhost/v2"


@pytest.mark.parametrize(
    ("city", "system", "zone", "said"),
    [
        ("Qing Shan", "311", "Asia/Shanghai", "can't name"),
        ("../x", "311", "Asia/Shanghai", "can't name"),
        ("qs", "热线", "Asia/Shanghai", "can't name"),
        ("qs", "311", "Asia/Qingshan", "no time zone"),
        ("chicago", "311", "America/Chicago", "exists already"),
    ],
)
def test_a_name_that_can_not_be_is_refused(tmp_path: Path, city: str, system: str, zone: str, said: str) -> None:
    (tmp_path / "chicago_311.yaml").touch()
    with pytest.raises(CityBrainError, match=said):
        scaffold.check_names(city, system, zone, tmp_path / f"{city}_{system}.yaml")


def test_a_new_city_without_its_names_is_told_which_are_missing() -> None:
    with pytest.raises(CityBrainError) as caught:
        scaffold.needed(name_zh="青山", name_en="", admin_code="")
    assert "--name-en, --admin-code" in caught.value.why


@pytest.mark.parametrize(
    "word", ["是", "yes", "No", "1", "-", "a: b", "a#b", "null", "[x]", "已办结（超期）", " x", 'q"q', "真 "]
)
def test_any_word_survives_the_yaml(word: str) -> None:
    assert yaml.safe_load("{" + scaffold._scalar(word) + ": " + scaffold._flow([word]) + "}") == {word: [word]}
