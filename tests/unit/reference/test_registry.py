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
