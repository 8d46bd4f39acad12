"""Write the national tree of statistical area codes (`data/admin_areas.csv`) from one edition of the codes.

Run `python -m streams.simulators.town.make_admin_areas DIR [--streets-of 5306]`; DIR holds provinces.csv, cities.csv,
areas.csv and streets.csv of modood/Administrative-divisions-of-China (2023 edition, WTFPL). Provinces, prefectures and
counties are taken whole, streets and towns only below the given code: all 41,352 would be twelve times the file.
Areas that went before, with the day of the change, are in `data/area_predecessors.csv`, kept by hand.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from streams.reference import registry

SINCE_EVER = "1900-01-01"
"""For as long as the files know: no earlier state is recorded."""

LEVELS = (
    ("province", "provinces.csv", 0),
    ("prefecture", "cities.csv", 2),
    ("county", "areas.csv", 4),
    ("street", "streets.csv", 6),
)
"""Level, file of the edition, digits of the parent's code."""


def build(edition: Path, streets_of: str) -> list[dict[str, str]]:
    """One dict per area and version, as the columns of admin_areas.csv, by code and day."""
    changes = list(registry.rows("area_predecessor"))
    first_day = {change["area_code"]: change["changed_on"] for change in changes if change["change_kind"] == "recoded"}
    first_day |= {change["area_code"]: change["changed_on"] for change in changes if change["change_kind"] == "split"}
    standing = [
        _row(level, line["code"], line["name"], digits, first_day.get(line["code"], SINCE_EVER), "")
        for level, name, digits in LEVELS
        for line in _lines(edition / name)
        if level != "street" or line["code"].startswith(streets_of)
    ]
    codes = {row["area_code"] for row in standing}
    gone = {change["predecessor_code"]: change for change in changes if change["predecessor_code"] not in codes}
    past = [
        _row("county", code, change["predecessor_name_zh"], 4, SINCE_EVER, change["changed_on"])
        for code, change in gone.items()
    ]
    return sorted(standing + past, key=lambda row: (row["area_code"], row["valid_from"]))


def _row(level: str, code: str, name: str, parent_digits: int, valid_from: str, valid_to: str) -> dict[str, str]:
    return {
        "area_code": code,
        "area_level": level,
        "parent_area_code": code[:parent_digits],
        "name_zh": name,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Write admin_areas.csv, replacing it as a whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edition", type=Path)
    parser.add_argument("--streets-of", default="5306", help="code whose streets and towns are taken (default: 昭通市)")
    chosen = parser.parse_args()
    with (registry.DATA_DIR / registry.FILES["admin_area"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=registry.COLUMNS["admin_area"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(build(chosen.edition, chosen.streets_of))


if __name__ == "__main__":
    main()
