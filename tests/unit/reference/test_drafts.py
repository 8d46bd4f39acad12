"""A city under construction: seen by whoever asks for it, in nobody's way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.contracts import registry as contracts
from streams.errors import CityBrainError
from streams.reference import check, load, registry

HALF_MADE = """\
state: draft # holds nobody up
city_code: qingshan
name_zh: 青山市
name_en: Qingshan
admin_code: "429099"
city_area_code: "429099"
time_zone: Asia/Shanghai
calendar: china
mode: historical
clock: recorded
coordinate_system: WGS84
category_scheme: qingshan-12345
area_levels: [community, city]
has_time_limits: false
has_callbacks: false
has_grids: false
count_basically_resolved: false
small_cell_k: 10
"""

LIVE = {"chicago", "shuifu"}


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """City files with a draft among them; its file."""
    shutil.copytree(contracts.CITIES_DIR, tmp_path / "cities")
    path = tmp_path / "cities" / "qingshan.yaml"
    path.write_text(HALF_MADE, encoding="utf-8")
    monkeypatch.setattr(contracts, "CITIES_DIR", path.parent)
    contracts.cities.cache_clear()
    contracts.drafts.cache_clear()
    yield path
    contracts.cities.cache_clear()
    contracts.drafts.cache_clear()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Reference files with two rows of the draft: its area, and a grid that no check would let pass."""
    folder = tmp_path / "data"
    shutil.copytree(registry.DATA_DIR, folder)
    for name, row in (
        ("areas.csv", "qingshan,429099,city,,青山市,Qingshan,,2020-01-01,\n"),
        ("grids.csv", "qingshan,1,nowhere,nowhere,urban,-1,0,[],2020-01-01,\n"),
    ):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(row)
    return folder


def test_a_draft_is_no_city_until_it_is_switched_on(draft: Path) -> None:
    assert set(contracts.cities()) == LIVE
    assert contracts.drafts() == ("qingshan",)
    assert contracts.city("qingshan").name_zh == "青山市"
    contracts.switch_on("qingshan")
    assert set(contracts.cities()) == {*LIVE, "qingshan"}
    assert contracts.drafts() == ()
    with pytest.raises(CityBrainError, match="is no draft"):
        contracts.switch_on("qingshan")


def test_a_half_made_city_stops_no_load_and_no_check_of_the_others(draft: Path, data: Path) -> None:
    found = load.tables(data)
    assert {row["city_code"] for row in found["city"]} == LIVE
    assert all(row.get("city_code") != "qingshan" for rows in found.values() for row in rows)
    assert found == load.tables()


def test_what_a_draft_lacks_is_told_to_whoever_asks(draft: Path, data: Path) -> None:
    told = check.faults(load.read(data, draft="qingshan"))
    assert any("the city file of qingshan names no grid_scheme" in one for one in told), told
    assert "city qingshan: category_scheme qingshan-12345 has no category" in told
    assert all("qingshan" in one or "grid 1" in one for one in told), told


def test_a_draft_whose_file_is_broken_is_in_nobody_s_way(draft: Path) -> None:
    draft.write_text("state: draft\ncity_code: another\n", encoding="utf-8")
    contracts.drafts.cache_clear()
    assert set(contracts.cities()) == LIVE
    with pytest.raises(CityBrainError, match=r"qingshan\.yaml"):
        contracts.city("qingshan")


def test_a_state_that_is_none_is_refused(draft: Path) -> None:
    draft.write_text(HALF_MADE.replace("state: draft", "state: nearly"), encoding="utf-8")
    contracts.cities.cache_clear()
    contracts.drafts.cache_clear()
    with pytest.raises(CityBrainError, match=r"qingshan\.yaml") as caught:
        contracts.cities()
    assert "draft or live" in caught.value.why
