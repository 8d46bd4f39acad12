"""Bounds of a city: what a city file may say, and how far out a point may lie."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.contracts import registry
from streams.errors import CityBrainError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "cities"
    shutil.copytree(registry.CITIES_DIR, folder)
    monkeypatch.setattr(registry, "CITIES_DIR", folder)
    registry.cities.cache_clear()
    yield folder
    registry.cities.cache_clear()


def test_a_point_may_lie_half_the_city_s_size_outside_of_it() -> None:
    assert registry.city("shuifu").plausible_bounds == pytest.approx((104.15, 28.2, 104.55, 28.8))


@pytest.mark.parametrize(
    "bounds", ["[104.25, 28.35, 104.45]", "[28.35, 104.25, 28.65, 104.45]", "[a, 28.35, 104.45, 28.65]", "[]"]
)
def test_bounds_that_are_none_are_refused_with_the_file_s_name(files: Path, bounds: str) -> None:
    file = files / "shuifu.yaml"
    text = file.read_text(encoding="utf-8")
    assert "bounds: [104.25, 28.35, 104.45, 28.65]" in text
    file.write_text(text.replace("[104.25, 28.35, 104.45, 28.65]", bounds), encoding="utf-8")
    with pytest.raises(CityBrainError, match=r"shuifu\.yaml") as caught:
        registry.cities()
    assert "bounds" in caught.value.why


def test_a_city_without_bounds_has_no_point_too_far(files: Path) -> None:
    file = files / "shuifu.yaml"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("bounds")]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert registry.city("shuifu").plausible_bounds is None
