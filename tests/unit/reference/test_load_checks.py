"""Each check of the reference data fires; the files as they are have no fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.errors import CityBrainError
from streams.reference import load, registry

Spoil = Callable[[str], str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(registry.DATA_DIR, tmp_path / "data"))


def test_the_files_as_they_are_have_no_fault() -> None:
    found = load.tables()
    assert {table: len(rows) for table, rows in found.items()} == {
        "city": 2,
        "area": 181,
        "grid": 678,
        "unit": 73,
        "category": 776,
        "device": 1200,
        "sign": 1000,
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("units.csv", "shuifu,transport,", "atlantis,transport,", "no city file for 'atlantis'"),
        ("units.csv", "shuifu,transport,", "shuifu,health,", "unit shuifu/health/2020-01-01 occurs 2 times"),
        ("units.csv", "交通运输局", "", "name_zh is empty"),
        ("areas.csv", "太平镇,Taiping Town,rural,2020-01-01,", "太平镇,Taiping Town,rural,2020-13-01,", "no date"),
        (
            "areas.csv",
            "太平镇,Taiping Town,rural,2020-01-01,",
            "太平镇,Taiping Town,rural,2020-01-01,2019-01-01",
            "not after",
        ),
        ("areas.csv", "530681102,street,530681,", "530681102,street,,", "parent '' is no city of shuifu"),
        ("areas.csv", "530681102,street,530681,", "530681102,village,530681,", "level 'village'"),
        ("areas.csv", "shuifu,530681,city,,", "shuifu,530681,city,53,", "a city has no parent"),
        ("areas.csv", "chicago,1714000,city,", "chicago,1714001,city,", "the city file says"),
        ("areas.csv", "530681001001,community,530681001", "530681001001,community,530681101", "does not begin with"),
        ("grids.csv", "shuifu,530681001001001,", "shuifu,53068100100100,", "has 15 digits or capitals"),
        ("grids.csv", "shuifu,530681001001001,", "shuifu,530681001002999,", "does not begin with its community"),
        ("grids.csv", ",530681001001,530681001,", ",530681001001,530681101,", "not in 530681101"),
        ("grids.csv", ",530681001001,530681001,", ",530681001999,530681001,", "530681001999 is not in areas.csv"),
        ("grids.csv", ",urban,", ",suburban,", "grid_type 'suburban'"),
        ("grids.csv", ",urban,216,", ",urban,about 200,", "is no number"),
        ("areas.csv", "Taiping Town,rural,", "Taiping Town,hilly,", "area_type 'hilly'"),
        ("grids.csv", '"[[', '"[[0.1,0.1],[', "ring is not closed"),
        ("grids.csv", '"[[', '"[', "ring is not JSON"),
    ],
)
def test_a_fault_is_named_and_stops_the_load(data: Path, file: str, old: str, new: str, said: str) -> None:
    path = data / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CityBrainError) as error:
        load.tables(data)
    assert said in error.value.why, error.value.why
    assert "nothing was loaded" in error.value.remedy


def test_a_ring_off_the_globe_is_a_fault(data: Path) -> None:
    path = data / "grids.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[[104.", "[[204.", 1).replace("[104.42197,", "[204.42197,"), encoding="utf-8")
    with pytest.raises(CityBrainError) as error:
        load.tables(data)
    assert "ring leaves the globe" in error.value.why
