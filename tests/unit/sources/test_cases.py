"""Files as cities really export them: each is drafted, decided on and read, and nothing in it becomes another value."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from streams.contracts.registry import contract
from streams.errors import CityBrainError
from streams.sources import scaffold, sniff
from streams.sources.adapter import Adapted, adapt
from streams.sources.delimited import UNBALANCED
from streams.sources.mapping import mapping_from
from streams.sources.numerals import number, part
from streams.sources.readers import read_table

CASES = Path(__file__).resolve().parents[2] / "data" / "cases"
HOTLINE = "city.hotline.ticket.v1"


def drafted(file: Path) -> dict[str, Any]:
    """The mapping that is drafted for a file, with its case number decided."""
    options, doubts = sniff.sniffed(file, {})
    made = scaffold.drafted(read_table(file, options), contract(HOTLINE), "shuifu-test")
    text = scaffold.mapping_text(made, title="t", topic=HOTLINE, city="shuifu", system="test", reader=options | doubts)
    mapping = yaml.safe_load(text)
    mapping["fields"]["case_id"] = {"column": "id"}
    return {**mapping, "drop": {}, "unknown_columns": "warn"}


def taken(name: str, **changes: Any) -> Adapted:
    """A case under its draft, `changes` decided by a person."""
    made = drafted(CASES / name) | changes
    rules = mapping_from(made, "test")
    return adapt(read_table(CASES / name, rules.reader), rules)


def moments(made: Adapted) -> dict[str, str]:
    """Case -> its first moment, on the city's clock."""
    rows = made.events.filter(stage="accepted").select("case_id", "event_at_utc")
    return {case: f"{at + timedelta(hours=8):%Y-%m-%d %H:%M}" for case, at in rows.iter_rows()}


@pytest.mark.parametrize(
    ("name", "n_taken", "rejects"),
    [
        ("cr_only/cr.csv", 2, []),
        ("decimal_comma/semi.csv", 2, []),
        ("decimal_comma/sep.csv", 2, []),
        ("dup_header/dup.csv", 1, []),
        ("excel/months.xlsx", 120, []),
        ("latin1/de2.csv", 20, []),
        ("stray_quote/three.csv", 2, [("2", UNBALANCED)]),
        ("stray_quote/last.csv", 999, [("11", UNBALANCED)]),
        ("utf16/onebyte.csv", 39, [("6", "bytes that are no utf-8")]),
    ],
)
def test_a_file_is_taken_by_its_draft_and_only_its_bad_rows_are_not(
    name: str, n_taken: int, rejects: list[tuple[str, str]]
) -> None:
    made = taken(name)
    assert made.placed_rejects().rows() == rejects
    assert made.events.filter(stage="accepted").height == made.rows_adapted == n_taken


@pytest.mark.parametrize("name", ["sci_ids/sci.csv", "excel/long_ids.xlsx"])
def test_tickets_whose_numbers_lost_digits_are_all_rejected(name: str) -> None:
    made = taken(name)
    assert made.events.is_empty()
    assert set(made.rejects["reason"]) == {"id is a number of which a spreadsheet has lost digits"}
    assert made.rows_rejected == 3


def test_decimal_commas_are_coordinates() -> None:
    for name in ("semi.csv", "sep.csv"):
        reader = drafted(CASES / "decimal_comma" / name)["reader"]
        table = read_table(CASES / "decimal_comma" / name, reader)
        degrees = table.frame.select(number(pl.col(column), reader["decimal"]) for column in ("lon", "lat"))
        assert degrees.rows() == [(13.3777, 52.5163), (13.4, 52.52)]


def test_a_draft_names_the_second_column_of_a_name_as_one_to_decide_on() -> None:
    file = CASES / "dup_header" / "dup.csv"
    options, _ = sniff.sniffed(file, {})
    assert "type #9" in scaffold.drafted(read_table(file, options), contract(HOTLINE), "s").open_columns


def test_serial_days_and_a_time_in_a_cell_of_its_own_are_moments() -> None:
    assert moments(taken("excel/serial.xlsx")) == {"N1": "2026-01-05 08:00", "N2": "2026-01-06 00:00"}
    assert moments(taken("excel/split_time.xlsx")) == {"T1": "2026-01-05 08:30"}


def test_a_file_whose_days_show_the_order_is_read_day_first_throughout() -> None:
    made = drafted(CASES / "dmy_dates" / "dmy.csv")
    assert made["times"] == {"formats": ["%d/%m/%Y %H:%M"], "zone": "city"}
    made["fields"]["case_id"] = {"column": "Request number"}
    rules = mapping_from(made, "test")
    adapted = adapt(read_table(CASES / "dmy_dates" / "dmy.csv", rules.reader), rules)
    days = adapted.events.filter(stage="accepted")["event_at_utc"].dt.offset_by("8h")
    assert (adapted.rows_adapted, days.dt.month().unique().to_list()) == (31, [5])
    assert drafted(CASES / "dmy_dates" / "two.csv")["times"]["formats"] == ["%d/%m/%Y %H:%M"]


def test_odd_years_are_rejected_until_the_mapping_says_their_era() -> None:
    formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M"]
    stages = {"accepted": {"at": "created"}}
    made = taken("odd_years/years.csv", times={"formats": formats}, stages=stages)
    assert moments(made) == {
        "Y4": "2026-01-06 00:00",
        "Y6": "2023-05-06 15:00",
        "Y10": "2026-01-05 08:01",
        "Y11": "2026-01-05 00:00",
    }
    assert {reason for _, reason in made.rejects.iter_rows()} == {f"created is no time like {' or '.join(formats)}"}
    for era, case in (("roc", "Y1"), ("buddhist", "Y2")):
        told = taken("odd_years/years.csv", times={"formats": formats, "era": era}, stages=stages)
        assert moments(told)[case] == "2023-05-06 08:00"


def test_text_in_utf_16_without_its_mark_is_drafted_and_read() -> None:
    made = drafted(CASES / "utf16" / "nobom.csv")
    assert made["reader"]["encoding"] == "utf-16-le"
    assert read_table(CASES / "utf16" / "nobom.csv", made["reader"]).frame.height == 20


def test_german_letters_are_not_taken_for_chinese() -> None:
    reader = drafted(CASES / "latin1" / "de2.csv")["reader"]
    table = read_table(CASES / "latin1" / "de2.csv", reader)
    assert set(table.frame["type"]) == {"Straßenlaterne beschädigt"}


def test_a_point_in_one_cell_is_a_longitude_and_a_latitude() -> None:
    file = CASES / "socrata_json" / "point.json"
    made = drafted(file)
    assert made["fields"]["longitude"] == {"column": "location_1.longitude"}
    frame = read_table(file, made["reader"]).frame
    for column, places in (("location.coordinates", (1, 2)), ("lat_lon", (-1, -2))):
        numbers = frame.select(number(part(pl.col(column), place, "."), ".").alias(str(place)) for place in places)
        assert numbers.rows() == [(-105.0, 39.7)]


def test_what_a_draft_leaves_to_a_person_is_no_mapping_yet() -> None:
    made = drafted(CASES / "decimal_comma" / "semi.csv")
    made["reader"]["encoding"] = "TODO cp1252 or gb18030"
    with pytest.raises(CityBrainError) as caught:
        mapping_from(made, "test")
    assert "reader.encoding is not decided: TODO cp1252 or gb18030" in caught.value.why


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        ({"decimal": ";"}, "reader.decimal: ';' is none of . ,"),
        ({"unpivot": {"columns": ["1月"], "period": "month"}}, "reader.unpivot: value is missing"),
        ({"join": {"opened": "day"}}, "reader.join: each new column names two or more"),
        ({"join": ["day", "hour"]}, "reader.join: each new column names two or more"),
    ],
)
def test_a_shape_that_can_not_be_is_told_before_any_file_is_read(reader: dict[str, Any], fault: str) -> None:
    made = drafted(CASES / "dup_header" / "dup.csv")
    with pytest.raises(CityBrainError) as caught:
        mapping_from({**made, "reader": {**made["reader"], **reader}}, "test")
    assert fault in caught.value.why
