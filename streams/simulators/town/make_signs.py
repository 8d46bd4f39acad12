"""List Shuifu's 1,000 city signs (`data/signs.csv`): each measure of `data/sign_measures.csv` in each of its areas.

Run `python -m streams.simulators.town.make_signs` after a change of areas.csv or sign_measures.csv. 城市体征 come in
four categories: 人, aggregates of the population and never below a street or town; 物, things; 动, activity; 态, state.
The measures are plausible and their usual ranges are assumptions: no list is public.
"""

from __future__ import annotations

import csv

from streams.reference import registry

FIRST_DAY = "2020-01-01"


def build() -> list[dict[str, str]]:
    """One dict per sign, as the columns of signs.csv, by number: measures in the order of their file, then areas."""
    with (registry.DATA_DIR / "sign_measures.csv").open(encoding="utf-8", newline="") as file:
        measures = list(csv.DictReader(file))
    areas = registry.areas("shuifu")
    taken = [
        (measure, area)
        for measure in measures
        for area in areas
        if area.area_level in measure["area_levels"].split("|") and not area.valid_to
    ]
    return [
        {
            "city_code": "shuifu",
            "sign_code": f"SIGN-530681-{number:04d}",
            "sign_category": measure["sign_category"],
            "measure_code": measure["measure_code"],
            "name_zh": f"{area.name_zh}{measure['name_zh']}",
            "name_en": f"{measure['name_en']}, {area.name_en}",
            "unit_code": measure["unit_code"],
            "area_code": area.area_code,
            "reading_unit": measure["reading_unit"],
            "usual_low": measure["usual_low"],
            "usual_high": measure["usual_high"],
            "observe_every": measure["observe_every"],
            "valid_from": FIRST_DAY,
            "valid_to": "",
        }
        for number, (measure, area) in enumerate(taken, start=1)
    ]


def write() -> None:
    """Write signs.csv, replacing it as a whole."""
    with (registry.DATA_DIR / registry.FILES["sign"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=registry.COLUMNS["sign"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(build())


if __name__ == "__main__":
    write()
