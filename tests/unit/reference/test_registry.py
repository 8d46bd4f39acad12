"""Reference rows are typed, complete and fit the contracts; another header or a short line is refused."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from streams.contracts.registry import cities
from streams.errors import CityBrainError
from streams.reference import registry


def test_shuifu_has_its_real_towns_and_98_communities() -> None:
    found = registry.areas("shuifu")
    assert Counter(area.area_level for area in found) == {"city": 1, "street": 4, "community": 98}
    towns = {area.area_code: area.name_zh for area in found if area.area_level == "street"}
    assert towns == {
        "530681001": "云富街道",
        "530681101": "向家坝镇",
        "530681102": "太平镇",
        "530681103": "两碗镇",
    }
    assert len({area.name_zh for area in found}) == len(found), "two areas share a name"


def test_chicago_has_its_77_community_areas() -> None:
    found = [area for area in registry.areas("chicago") if area.area_level == "community"]
    assert [area.area_code for area in found] == [str(n) for n in range(1, 78)]
    names = {area.area_code: area.name_en for area in found}
    assert (names["1"], names["8"], names["32"], names["76"]) == ("Rogers Park", "Near North Side", "Loop", "O'Hare")


def test_every_city_has_the_area_that_its_file_names() -> None:
    assert set(cities()) == {"chicago", "shuifu"}
    for code, city in cities().items():
        (whole,) = (area for area in registry.areas(code) if area.area_level == "city")
        assert whole.area_code == city.city_area_code
        assert bool(registry.grids(code)) == city.has_grids


def test_a_renamed_area_is_told_once_by_its_new_name_and_both_versions_are_kept() -> None:
    (jinjiang,) = (area for area in registry.areas("shuifu") if area.area_code == "530681001018")
    assert jinjiang.name_zh == "锦江社区"
    versions = [row for row in registry.rows("area") if row["area_code"] == "530681001018"]
    assert [(row["name_zh"], row["valid_from"], row["valid_to"]) for row in versions] == [
        ("锦江南社区", "2020-01-01", "2026-01-01"),
        ("锦江社区", "2026-01-01", ""),
    ]


def test_the_national_tree_is_whole_down_to_the_counties_and_in_zhaotong_to_the_streets() -> None:
    found = [row for row in registry.rows("admin_area") if not row["valid_to"]]
    levels = Counter(row["area_level"] for row in found)
    assert levels == {"province": 31, "prefecture": 342, "county": 2978, "street": 150}
    assert {row["area_code"][:4] for row in found if row["area_level"] == "street"} == {"5306"}


def test_a_code_that_is_gone_leads_to_what_came_after() -> None:
    after = {(row["predecessor_code"], row["predecessor_name_zh"]): row for row in registry.rows("area_predecessor")}
    assert after["530630", "水富县"]["area_code"] == "530681"
    gone = [row for row in registry.rows("admin_area") if row["valid_to"]]
    assert {row["area_code"] for row in gone} <= {code for code, _ in after}


def test_the_matrix_has_61_units_and_191_duties_each_led_by_one() -> None:
    parts = list(registry.rows("responsibility"))
    duties = {row["duty_code"] for row in registry.rows("duty")}
    assert len(duties) == 191
    assert {part["unit_code"] for part in parts} == {unit.unit_code for unit in registry.units("shuifu")}
    leads = [part for part in parts if part["role"] == "lead"]
    assert sorted(part["duty_code"] for part in leads) == sorted(duties)
    assert min(Counter(part["unit_code"] for part in leads).values()) >= 3


def test_35_centres_on_three_levels_each_under_the_next() -> None:
    levels = Counter(row["centre_level"] for row in registry.rows("centre"))
    assert levels == {"city": 1, "street": 4, "community": 30}


def test_devices_are_the_classes_that_the_city_reports_and_some_come_or_go_during_the_play() -> None:
    classes = Counter(device.device_class for device in registry.devices("shuifu"))
    assert (classes["city_monitoring"], classes["skynet"]) == (250, 577)
    assert classes["high_definition"] + classes["eagle_eye"] == 180
    cameras = [device for device in registry.devices("shuifu") if device.device_id.startswith("CAM-")]
    assert len(cameras) == 1007 + classes["rural_public"]
    assert any(device.valid_to for device in cameras) and any(device.valid_from > "2025" for device in cameras)


def test_a_thousand_signs_in_four_categories_and_people_only_in_sums() -> None:
    signs = registry.signs("shuifu")
    assert len(signs) == 1000
    assert set(Counter(sign.sign_category for sign in signs)) == {"population", "thing", "activity", "state"}
    level_of = {area.area_code: area.area_level for area in registry.areas("shuifu")}
    assert {level_of[s.area_code] for s in signs if s.sign_category == "population"} == {"city", "street"}


def test_the_same_thing_has_the_same_family_in_every_scheme() -> None:
    family = {(c.category_scheme, c.category_code): c.family for c in registry.categories("shuifu")}
    things = {
        "exposed garbage": ["0101", "0102", "06010"],
        "street trading": ["0104", "0580", "09006", "street_occupation"],
        "small adverts": ["0105", "0201", "07001", "small_advert"],
        "damaged road": ["0201", "0110", "06013", "road_damage"],
        "street light out": ["0203", "0681", "01037"],
        "parking": ["0204", "0505", "09009"],
        "site dust": ["0403", "0302", "08004", "construction_dust"],
        "fire lane": ["0507", "0581", "09012"],
        "flooding": ["1202", "0406", "10997", "water_logging"],
    }
    schemes = ("shuifu-12345", "gbt30428-2013", "gbt47678-2026", "camera-detection")
    for thing, codes in things.items():
        named = {family[pair] for pair in zip(schemes, codes, strict=False)}
        assert len(named) == 1, (thing, named)


def test_both_management_standards_are_there_with_their_own_codes_and_without_people() -> None:
    codes: dict[str, set[str]] = {}
    for category in registry.categories("shuifu"):
        codes.setdefault(category.category_scheme, set()).add(category.category_code)
    assert len(codes["gbt47678-2026-part"]) == 153
    standard = {code for code in codes["gbt47678-2026"] if not re.fullmatch(r"\d{2}9\d\d", code)}
    assert len(standard) == 249, "250 matters less 09003, which describes people"
    assert not {"09003", "01016", "06031", "07005", "09007"} & codes["gbt47678-2026"]
    assert "0502" not in codes["gbt30428-2013"]
    assert codes["gbt47678-2026-part"] <= codes["gbt47678-2026"], "each part can have something wrong with it"


def test_units_are_bodies_in_peer_groups_that_can_be_ranked() -> None:
    units = registry.units("shuifu")
    assert len(units) == 61
    sizes = Counter(unit.unit_type for unit in units)
    assert sizes.pop("township") == 4, "too few to rank; shown without a rank"
    assert min(sizes.values()) >= 5, sizes
    assert all(re.fullmatch(r"[a-z0-9_]+", unit.unit_code) for city in cities() for unit in registry.units(city))


def test_each_city_has_the_categories_of_its_scheme() -> None:
    for code, city in cities().items():
        schemes = Counter(category.category_scheme for category in registry.categories(code))
        assert schemes[city.category_scheme] >= 60, schemes


def test_no_reference_table_describes_people() -> None:
    names = [category.name_zh for category in registry.categories("shuifu")]
    assert len(names) > 70
    assert "流浪乞讨" not in names


def test_another_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit_code,name\na,b\n")
    with pytest.raises(CityBrainError, match="another header"):
        list(registry.rows("unit", tmp_path))


def test_a_short_line_is_refused_with_its_number(tmp_path: Path) -> None:
    header = ",".join(registry.COLUMNS["unit"])
    (tmp_path / "units.csv").write_text(f"{header}\nshuifu,a\n")
    with pytest.raises(CityBrainError, match=r"units.csv line 2 has 2 values"):
        list(registry.rows("unit", tmp_path))
