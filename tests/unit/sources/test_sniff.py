"""What a file's bytes and cells say about how it is written, and what they leave open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.sources import sniff
from streams.sources.readers import read_table
from streams.sources.sniff import delimiter, encodings, joins, pair, said_decimal, said_times, written_times

CHINESE = "编号,说明\n1,路灯不亮，请尽快修复\n2,占道经营\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (CHINESE.encode(), ["utf-8"]),
        (b"a,b\n1,2\n", ["utf-8"]),
        (CHINESE.encode("gb18030"), ["gb18030"]),
        ("编号,说明\n".encode("gbk") + b"1,x\n" * 50, ["gb18030"]),
        ("編號,說明\n1,路燈不亮，請儘快修復\n".encode("big5"), ["big5"]),
        (CHINESE.encode("utf-16"), ["utf-16"]),
        (CHINESE.encode("utf-16-be"), ["utf-16-be"]),
        ("n;t\n1;Straßenlaterne beschädigt\n2;Gänseweg\n".encode("cp1252"), ["cp1252"]),
        ("n;t\n1;Éclairage défectueux – propreté\n".encode("cp1252"), ["cp1252"]),
        ("номер;тип\n1;яма на дороге\n".encode("cp1251"), ["cp1251"]),
        (CHINESE.encode() * 20 + "3,积水\n".encode("gbk"), ["utf-8"]),
        (CHINESE.encode() * 20 + b"3,\xff\n", ["utf-8"]),
    ],
)
def test_an_encoding_is_the_one_in_which_the_text_makes_sense(data: bytes, expected: list[str]) -> None:
    assert encodings(data) == expected


def test_an_encoding_in_doubt_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"n;t\n1;\x81\x8d\x90\x9d\xb2\n")
    options, doubts = sniff.sniffed(tmp_path / "f.csv", {})
    assert doubts["encoding"].startswith("TODO ")
    assert options["encoding"] in doubts["encoding"]
    assert sniff.sniffed(tmp_path / "f.csv", {"encoding": "latin-1"}) == (
        {"format": "csv", "encoding": "latin-1", "delimiter": ";"},
        {},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\n1,"x\ty\tz\tq"\n2,"\t\t\t\t"\n', ","),
        ("a;b;c\n52,5;13,3;x\n52,6;13,4;y\n", ";"),
        ("sep=|\na|b\n1,5|2,5\n", "|"),
        ("a\tb\n1,2,3,4\t2\n", "\t"),
        ("title\na,b;c\n1,2;3\n", ","),
        ("a\n1\n", ","),
        ("", ","),
    ],
)
def test_a_delimiter_parts_each_record_alike_and_quotes_are_heeded(text: str, expected: str) -> None:
    assert delimiter(text) == expected


def said(**columns: list[str]) -> dict[str, Any]:
    n = max(map(len, columns.values()))
    frame = pl.DataFrame({name: values + [None] * (n - len(values)) for name, values in columns.items()})
    return said_times(columns, written_times(frame))


DAY_FIRST, MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"


@pytest.mark.parametrize(
    ("columns", "times"),
    [
        ({"opened": ["05/06/2023", "13/06/2023"]}, {"formats": [DAY_FIRST]}),
        ({"opened": ["05/06/2023", "06/13/2023"]}, {"formats": [MONTH_FIRST]}),
        ({"opened": ["05/06/2023"]}, {"formats": [f"TODO {DAY_FIRST} or {MONTH_FIRST}"]}),
        # A column that leaves it open goes by one that does not; two that differ stand apart.
        ({"opened": ["05/06/2023"], "closed": ["13/06/2023 09:00"]}, {"formats": [DAY_FIRST, f"{DAY_FIRST} %H:%M"]}),
        (
            {"opened": ["13/06/2023"], "closed": ["06/13/2023"]},
            {"formats": [DAY_FIRST], "columns": {"closed": {"formats": [MONTH_FIRST], "zone": "city"}}},
        ),
        ({"opened": ["05.06.2023"]}, {"formats": ["%d.%m.%Y"]}),
        ({"opened": ["26/05/06"]}, {"formats": ["TODO %d/%m/%y or %y/%m/%d"]}),
        ({"opened": ["26/05/06", "45/01/31"]}, {"formats": ["%y/%m/%d"]}),
        ({"opened": ["112/05/06 08:00"]}, {"formats": ["%Y/%m/%d %H:%M"], "era": "roc"}),
        ({"opened": ["29/02/2567"]}, {"formats": ["TODO"]}),
        ({"opened": ["2567-02-29"]}, {"formats": ["%Y-%m-%d"], "era": "buddhist"}),
        ({"opened": ["2023年5月6日 下午3点", "2023年5月7日 8:05"]}, {"formats": ["%Y年%m月%d日 %H:%M"]}),
        ({"opened": ["2026-01-05 24:00:00"]}, {"formats": ["%Y-%m-%d %H:%M:%S%.f"]}),
        ({"opened": ["46027.3333"], "units": ["46027"]}, {"formats": ["serial_days"]}),
        ({"units": ["46027"]}, {"formats": ["TODO"]}),
        (
            {"opened": ["2026-01-05T08:00:00Z"], "closed": ["2026-01-05 08:00"]},
            {
                "formats": ["%+"],
                "zone": "in_value",
                "columns": {"closed": {"formats": ["%Y-%m-%d %H:%M"], "zone": "city"}},
            },
        ),
    ],
)
def test_the_order_of_days_and_months_and_the_era_are_decided_by_all_values_or_asked_for(
    columns: dict[str, list[str]], times: dict[str, Any]
) -> None:
    assert said(**columns) == {"zone": "city", **times}


def test_one_wrong_value_does_not_turn_the_order() -> None:
    days = [f"{day:02d}/05/2023" for day in range(1, 32)]
    assert said(opened=[*days, "31/02/2023"])["formats"] == [DAY_FIRST]


@pytest.mark.parametrize(
    ("columns", "joined"),
    [
        (
            {"created": "2026-01-05 00:00:00", "created_time": "08:30:00"},
            {"created created_time": ["created", "created_time"]},
        ),
        ({"受理日期": "2026/1/5", "受理时间": "8:30"}, {"受理日期 受理时间": ["受理日期", "受理时间"]}),
        ({"created": "2026-01-05 09:00:00", "created_time": "08:30:00"}, {}),
        ({"created": "2026-01-05", "shift_time": "08:30"}, {}),
        ({"id": "20260105", "id_time": "08:30"}, {}),
    ],
)
def test_a_day_and_a_time_of_day_of_one_name_are_joined(columns: dict[str, str], joined: dict[str, list[str]]) -> None:
    assert joins(pl.DataFrame(columns)) == joined


@pytest.mark.parametrize(
    ("name", "cells", "places"),
    [
        ("place", ["(39.7, -105.0)"], (-1, -2)),
        ("place", ["1 Main St\nDenver 5\n(39.7, -105.0)"], (-1, -2)),
        ("the_geom", ["POINT (13.4 52.5)"], (-2, -1)),
        ("place.coordinates", ['["13.4", "52.5"]'], (-2, -1)),
        ("lat_lng", ["52.5, 13.4"], (-1, -2)),
        ("经纬度", ["13.4,52.5"], (-2, -1)),
        ("place", ["52,5163; 13,4"], ("TODO -2 or -1", "TODO -1 or -2")),
        ("place", ["52.5 13.4", "13.4 152.5"], (-1, -2)),
    ],
)
def test_a_pair_of_coordinates_is_told_by_its_values_or_its_name(name: str, cells: list[str], places: Any) -> None:
    found = pair(pl.DataFrame({"x": ["a"] * len(cells), name: cells}))
    assert found == (name, {"longitude": places[0], "latitude": places[1]})


def test_what_is_no_pair_is_none() -> None:
    for cells in (["2026-01-05"], ["1,234"], ["a (39.7, x)"], ["POINT EMPTY"], [None]):
        assert pair(pl.DataFrame({"place": cells}, schema={"place": pl.String})) is None


@pytest.mark.parametrize(
    ("values", "decimal"),
    [
        (["52,5163", "13,4"], ","),
        (["52.5163", "13.4"], "."),
        (["1,234.5", "2,000.0"], "."),
        (["1.234,5", "2.000,0"], ","),
        (["1,234"], "TODO . or ,"),
        (["7", None], "."),
    ],
)
def test_decimals_are_told_by_the_column_or_asked_for(values: list[str | None], decimal: str) -> None:
    assert said_decimal(["n"], pl.DataFrame({"n": values}, schema={"n": pl.String})) == decimal


def test_a_portal_s_rows_are_found_with_the_names_of_their_columns(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(
        '{"meta": {"view": {"id": 1, "columns": [{"name": "N", "fieldName": "n"}]}}, "data": [["x"], ["y"]]}'
    )
    options, _ = sniff.sniffed(file, {})
    assert (options["records"], options["columns"]) == ("data", "meta.view.columns")
    assert read_table(file, options).frame["n"].to_list() == ["x", "y"]
