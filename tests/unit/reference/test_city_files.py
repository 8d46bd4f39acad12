"""City files: the day on which a city changes its management codes is theirs to say."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from streams.contracts import registry
from streams.errors import CityBrainError
from streams.reference.registry import categories


def test_management_codes_change_on_the_day_that_the_city_file_says() -> None:
    shuifu = registry.city("shuifu")
    assert shuifu.category_switch_on is not None
    known = {category.category_scheme for category in categories("shuifu")}
    before = shuifu.management_scheme(shuifu.category_switch_on - timedelta(days=1))
    since = shuifu.management_scheme(shuifu.category_switch_on)
    assert (before, since) == ("gbt30428-2013", "gbt47678-2026")
    assert {before, since} <= known


def test_a_city_that_names_no_day_keeps_the_old_codes() -> None:
    assert registry.city("chicago").management_scheme(date(2099, 1, 1)) == "gbt30428-2013"


def test_a_switch_day_that_is_no_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (registry.CITIES_DIR / "shuifu.yaml").read_text(encoding="utf-8")
    (tmp_path / "shuifu.yaml").write_text(text.replace("2026-04-01", '"spring"', 1), encoding="utf-8")
    monkeypatch.setattr(registry, "CITIES_DIR", tmp_path)
    with pytest.raises(CityBrainError, match=r"city file shuifu.yaml is wrong") as error:
        registry.cities.__wrapped__()
    assert "category_switch_on" in error.value.why
