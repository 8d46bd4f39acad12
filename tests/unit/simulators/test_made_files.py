"""Reference files that a generator makes are what it makes now: nobody has edited one by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import ModuleType

import pytest

from streams.reference import registry
from streams.simulators.town import make_admin_areas, make_devices, make_grids, make_signs

MAKERS = {"device": make_devices, "grid": make_grids, "sign": make_signs}


@pytest.mark.parametrize(("table", "maker"), MAKERS.items())
def test_a_made_file_is_byte_by_byte_what_its_generator_makes(table: str, maker: ModuleType) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=registry.COLUMNS[table], lineterminator="\n")
    writer.writeheader()
    writer.writerows(maker.build())
    assert text.getvalue() == (registry.DATA_DIR / registry.FILES[table]).read_text(encoding="utf-8")


def test_an_edition_of_the_codes_is_taken_with_what_went_before_and_only_the_streets_asked_for(tmp_path: Path) -> None:
    edition = {
        "provinces.csv": "code,name\n53,云南省\n",
        "cities.csv": "code,name,provinceCode\n5303,曲靖市,53\n5306,昭通市,53\n",
        "areas.csv": "code,name,cityCode,provinceCode\n530303,沾益区,5303,53\n530681,水富市,5306,53\n",
        "streets.csv": "code,name,areaCode\n530303001,西平街道,530303\n530681102,太平镇,530681\n",
    }
    for name, text in edition.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = {row["area_code"]: row for row in make_admin_areas.build(tmp_path, "5306")}
    assert "530681102" in made and "530303001" not in made
    assert (made["530630"]["name_zh"], made["530630"]["valid_to"]) == ("水富县", "2018-07-01")
    assert (made["530681"]["valid_from"], made["530681"]["parent_area_code"]) == ("2018-07-01", "5306")
    assert made["53"]["parent_area_code"] == ""
