"""Each check of the reference data fires; the files as they are have no fault."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from streams.contracts import registry as contracts
from streams.errors import CityBrainError
from streams.reference import check, load, registry
from streams.reference.check import Found, Row

CITIES = contracts.cities()


@pytest.fixture(scope="module")
def sound() -> Found:
    return load.tables()


def spoiled(found: Found, table: str, key: str, **changes: str) -> Found:
    """The rows with the first row of `table` whose key is (or whose keys join to) `key` changed."""
    rows = [dict(row) for row in found[table]]
    hit = next(row for row in rows if key in (*row.values(), "/".join(_keys(table, row))))
    hit |= changes
    return found | {table: rows}


def _keys(table: str, row: Row) -> list[str]:
    return [row[k] for k in registry.TABLES[table].primary_key if k not in ("city_code", "valid_from")]


def test_the_files_as_they_are_have_no_fault(sound: Found) -> None:
    assert check.faults(sound) == []
    assert set(sound) == set(registry.TABLES)
    assert all(sound.values())


@pytest.mark.parametrize(
    ("table", "key", "changes", "said"),
    [
        ("unit", "transport", {"unit_code": "health"}, "unit shuifu/health/2020-01-01 occurs 2 times"),
        ("unit", "transport", {"name_zh": ""}, "unit transport: name_zh is empty"),
        ("unit", "transport", {"city_code": "atlantis"}, "unit transport: no city file for 'atlantis'"),
        ("unit", "transport", {"unit_code": "Verkehr"}, "small letters, digits and underscores"),
        ("area", "530681102", {"valid_from": "2020-13-01"}, "valid_from '2020-13-01' is no date"),
        ("area", "530681102", {"valid_to": "2019-01-01"}, "valid_to is not after valid_from"),
        ("area", "530681001018", {"valid_to": ""}, "area shuifu/530681001018: two versions hold on 2026-01-01"),
        ("area", "530681102", {"area_level": "village"}, "area_level 'village' is not community, street, city"),
        ("area", "530681102", {"parent_area_code": ""}, "parent '' is no city of shuifu"),
        ("area", "530681", {"parent_area_code": "53"}, "a city has no parent"),
        ("area", "1714000", {"area_code": "1714001"}, "the city file says city_area_code 1714000"),
        ("area", "530681001001", {"parent_area_code": "530681101"}, "does not begin with its parent's code"),
        ("area", "530681102", {"area_type": "hilly"}, "area_type 'hilly' is not urban, rural"),
        ("area", "530681102", {"name_zh": "太平乡"}, "admin_areas.csv calls it 太平镇, not 太平乡"),
        ("admin_area", "530681", {"area_code": "53068"}, "the code of a county has 6 digits"),
        ("admin_area", "530681", {"parent_area_code": "5303"}, "is not the area '5306' that it begins with"),
        ("area_predecessor", "530630", {"predecessor_code": "999999"}, "999999 is not in admin_areas.csv"),
        ("area_predecessor", "530630", {"changed_on": "2019-01-01"}, "no version of 530681 begins on 2019-01-01"),
        ("area_predecessor", "330103", {"changed_on": "2020-01-01"}, "no version of 330103 ends on 2020-01-01"),
        ("area_predecessor", "330110", {"area_code": "330110"}, "area_predecessor 330110: comes after itself"),
        ("grid_scheme", "cjt213-2005", {"segments": "admin six"}, "is not a list of part:length"),
        ("grid_scheme", "cjt213-2005", {"segments": "street:3 admin:6 community:3"}, "out of order"),
        ("grid_scheme", "cjt213-2005", {"code_pattern": "[0-9"}, "code_pattern is no regular expression"),
        ("city", "shuifu", {"grid_scheme": ""}, "has grids, but grid_scheme ''"),
        ("city", "shuifu", {"grid_scheme": "cjt213-2005"}, "is no code of cjt213-2005"),
        ("city", "shuifu", {"coordinate_system": "Mercator"}, "coordinate_system is not CGCS2000, WGS84"),
        ("city", "shuifu", {"small_cell_k": "0"}, "small_cell_k is under 1"),
        ("city", "shuifu", {"has_grids": "yes"}, "has_grids 'yes' is no True or False"),
        ("grid", "530681001001001", {"grid_code": "53068100100100"}, "is no code of gbt30428-1"),
        ("grid", "530681001001001", {"grid_code": "530681001002999"}, "puts it into 530681001002, not 530681001001"),
        ("grid", "530681001001001", {"street_code": "530681101"}, "not in 530681101"),
        ("grid", "530681001001001", {"community_code": "530681001999"}, "530681001999 is not in areas.csv"),
        ("grid", "530681001001001", {"grid_type": "suburban"}, "grid_type 'suburban'"),
        ("grid", "530681001001001", {"households": "about 200"}, "households 'about 200' is no whole number"),
        ("grid", "530681001001001", {"households": "-1"}, "households is under 0"),
        ("grid", "530681001001001", {"area_km2": "6.17"}, "area_km2 says 6.17, its ring holds 0.06"),
        ("grid", "530681001001001", {"ring": "[[[1,2]]"}, "ring is not JSON"),
        ("grid", "530681001001001", {"ring": "[[1,1],[2,2],[3,1]]"}, "ring is not closed"),
        ("grid", "530681001001001", {"ring": "[[204,1],[204,2],[205,1],[204,1]]"}, "ring leaves the globe"),
        ("grid", "530681001001001", {"ring": "[[1,1],[2,2],[2,1],[1,2],[1,1]]"}, "ring crosses itself"),
        ("duty", "D001", {"business_line": "golf"}, "business_line 'golf'"),
        ("responsibility", "D001", {"role": "support"}, "duty D001: 0 units lead it"),
        ("responsibility", "D002/municipal_works", {"role": "lead"}, "duty D002: 2 units lead it"),
        ("responsibility", "D001", {"duty_code": "D999"}, "duty D999 is not in duties.csv"),
        ("responsibility", "D001", {"unit_code": "nobody"}, "unit nobody is not in units.csv"),
        ("centre", "CTR-530681001", {"area_code": "530681001001"}, "530681001001 is no street of shuifu"),
        ("centre", "CTR-530681001001", {"parent_centre_code": "CTR-530681"}, "no centre of the level above"),
        ("centre", "CTR-530681001001", {"parent_centre_code": ""}, "centre CTR-530681001001: has no parent"),
        ("category", "petition/0101", {"family": "玄学"}, "family 玄学 is not in category_families.csv"),
        ("category", "petition/0101", {"category_scheme": "own"}, "scheme is not in category_schemes.csv"),
        ("category", "gbt47678-2026/06010", {"category_code": "6010"}, "the scheme's codes are [0-9]{5}"),
        ("category", "gbt47678-2026/06999", {"name_zh": "江面漂浮物"}, "a city's own code; its name must end with"),
        ("category", "gbt47678-2026/06010", {"name_zh": "暴露垃圾(自定义)"}, "but its code is the standard's"),
        ("category", "gbt47678-2026/09001", {"name_zh": "流浪乞讨"}, "乞讨 describes people"),
        ("category_scheme", "petition", {"code_pattern": "[0-9"}, "is no regular expression"),
        ("device", "CAM-530681-0001", {"grid_code": "530681001001999"}, "grid 530681001001999 is not in grids.csv"),
        ("device", "CAM-530681-0001", {"latitude": "28.9"}, "its point is not in its grid"),
        ("device", "CAM-530681-0001", {"unit_code": "nobody"}, "unit nobody is not in units.csv"),
        ("device", "CAM-530681-0001", {"device_class": "household"}, "device_class 'household'"),
        ("sign", "SIGN-530681-0001", {"area_code": "530682"}, "area 530682 is not in areas.csv"),
        ("sign", "residents", {"area_code": "530681001001"}, "never by community"),
        ("sign", "SIGN-530681-0001", {"observe_every": "daily"}, "is no ISO 8601 duration"),
        ("sign", "SIGN-530681-0001", {"observe_every": "P"}, "is no ISO 8601 duration"),
        ("sign", "SIGN-530681-0001", {"usual_low": "999"}, "usual_low is not under usual_high"),
    ],
)
def test_a_fault_is_named(sound: Found, table: str, key: str, changes: Row, said: str) -> None:
    problems = check.faults(spoiled(sound, table, key, **changes))
    assert any(said in problem for problem in problems), problems[:5]


def test_two_grids_on_one_piece_of_ground_are_a_fault(sound: Found) -> None:
    first, second = sound["grid"][:2]
    found = spoiled(sound, "grid", second["grid_code"], ring=first["ring"], area_km2=first["area_km2"])
    shifted = found["grid"][1]
    shifted["ring"] = shifted["ring"].replace("104.42197", "104.42207")
    assert any(f"grid {first['grid_code']}: covers ground of {second['grid_code']}" in p for p in check.faults(found))


def test_grids_that_follow_one_another_may_cover_the_same_ground(sound: Found) -> None:
    first = dict(sound["grid"][0])
    later = first | {"grid_code": first["grid_code"][:12] + "900", "valid_from": "2026-01-01"}
    rows = [first | {"valid_to": "2026-01-01"}, *sound["grid"][1:], later]
    gone = {first["grid_code"]}
    others = {"device": [row for row in sound["device"] if row["grid_code"] not in gone]}
    assert check.faults(sound | {"grid": rows} | others) == []


def test_a_city_whose_streets_are_not_in_the_national_list_is_no_fault_but_its_own_name_is_compared(
    sound: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    shuifu = contracts.city("shuifu")
    anning = replace(shuifu, city_code="anning", city_area_code="530181", category_scheme="shuifu-12345")
    monkeypatch.setattr(contracts, "cities", lambda: {"anning": anning, **CITIES})
    one = {"name_en": "A", "area_type": "", "valid_from": "2020-01-01", "valid_to": "", "city_code": "anning"}
    whole = one | {"area_code": "530181", "area_level": "city", "parent_area_code": "", "name_zh": "安宁市"}
    street = one | {
        "area_code": "530181001",
        "area_level": "street",
        "parent_area_code": "530181",
        "name_zh": "连然街道",
    }
    city = next(row for row in sound["city"] if row["city_code"] == "shuifu") | {"city_code": "anning"}
    category = next(row for row in sound["category"] if row["category_scheme"] == "shuifu-12345")
    more = {
        "city": [*sound["city"], city],
        "category": [*sound["category"], category | {"city_code": "anning"}],
    }
    assert check.faults(sound | more | {"area": [*sound["area"], whole, street]}) == []
    misnamed = whole | {"name_zh": "安宁县"}
    assert check.faults(sound | more | {"area": [*sound["area"], misnamed, street]}) == [
        "area 530181: admin_areas.csv calls it 安宁市, not 安宁县"
    ]


def test_a_unit_without_any_duty_is_a_fault(sound: Found) -> None:
    rows = [row for row in sound["responsibility"] if row["unit_code"] != "post"]
    duties = {row["duty_code"] for row in rows if row["role"] == "lead"}
    kept = [row for row in sound["duty"] if row["duty_code"] in duties]
    left = [row for row in rows if row["duty_code"] in duties]
    assert check.faults(sound | {"responsibility": left, "duty": kept}) == ["unit post: has no part in any duty"]


def test_a_city_whose_scheme_has_no_category_is_a_fault(sound: Found) -> None:
    rows = [row for row in sound["category"] if row["category_scheme"] != "chicago-311"]
    assert check.faults(sound | {"category": rows}) == ["city chicago: category_scheme chicago-311 has no category"]


def test_a_city_whose_sources_give_no_categories_needs_none(sound: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(contracts.city("chicago"), category_scheme="")
    monkeypatch.setattr(contracts, "cities", lambda: {**CITIES, "chicago": bare})
    rows = [row for row in sound["category"] if row["category_scheme"] != "chicago-311"]
    assert check.faults(sound | {"category": rows}) == []


@pytest.mark.parametrize(("city", "parent"), [("chicago", "1714000"), ("shuifu", "530681")])
def test_districts_that_are_plain_numbers_are_no_provinces(sound: Found, city: str, parent: str) -> None:
    row = next(row for row in sound["area"] if row["city_code"] == city and row["area_level"] == "city")
    plain = row | {"area_code": "11", "area_level": "street", "parent_area_code": parent, "name_zh": "第十一区"}
    others = [row for row in sound["area"] if (row["city_code"], row["area_code"]) != (city, "11")]
    assert check.faults(sound | {"area": [*others, plain]}) == []


def test_a_fault_stops_the_load_and_says_where_all_are_listed(tmp_path: Path) -> None:
    data = Path(shutil.copytree(registry.DATA_DIR, tmp_path / "data"))
    path = data / "grids.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",urban,", ",suburban,"), encoding="utf-8")
    with pytest.raises(CityBrainError) as error:
        load.tables(data)
    assert "more" in error.value.why and "grid_type 'suburban'" in error.value.why
    assert "nothing was loaded" in error.value.remedy


@pytest.mark.parametrize(
    ("scheme", "grid_code", "community"),
    [
        ("gbt30428-1", "530681001001007", "530681001001"),
        ("cjt213-2005", "53068100100107", "530681001001"),
        ("cjt349-2010", "01020353068100160107", "530681001601"),
        ("vendor-16", "5306810010001007", "5306810010001"),
        ("db6101-3185", "610102001002A7", "610102001002"),
    ],
)
def test_each_grid_scheme_knows_the_community_inside_a_code(
    sound: Found, scheme: str, grid_code: str, community: str
) -> None:
    import re

    (row,) = (row for row in sound["grid_scheme"] if row["grid_scheme"] == scheme)
    assert re.fullmatch(row["code_pattern"], grid_code)
    assert check.community_of(grid_code, row) == community
