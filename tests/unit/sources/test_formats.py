"""Each kind of file that a city may send: workbooks, JSON and GeoJSON, headers in several rows, odd cells."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import PatternFill

from streams.errors import CityBrainError
from streams.sources.readers import FORMATS, read_table
from streams.sources.tables import LINE, Table

WORKBOOKS = Path(__file__).resolve().parents[2] / "data" / "workbooks"
"""The same two rows, as xlwt and odfpy write them."""


def read(tmp_path: Path, data: bytes | str, kind: str, **options: Any) -> Table:
    file = tmp_path / f"f{FORMATS[kind].suffixes[0]}"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(file, {"format": kind, **options})


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.frame.select(LINE, *table.columns).rows()


def sheet(tmp_path: Path, *lines: list[Any], title: str = "工单", **options: Any) -> Table:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for line in lines:
        page.append(line)
    book.save(tmp_path / "f.xlsx")
    return read_table(tmp_path / "f.xlsx", {"format": "excel", **options})


# --- delimited --------------------------------------------------------------------------------------------


def test_titles_above_the_header_are_skipped_and_a_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    head = '"青山市热线工单\n（2026年3月）",,,,\n编号,时间,,地点,备注\n,受理,办结,"街道\n社区",\n'
    text = f'{head}A1,1,2,城关,"a\nb"\nA2,3,4,,x\n'
    table = read(tmp_path, text, "csv", skip_rows=1, header_rows=2)
    assert table.columns == ["编号", "时间/受理", "时间/办结", "地点/街道 社区", "备注"]
    assert rows(table) == [(6, "A1", "1", "2", "城关", "a\nb"), (8, "A2", "3", "4", None, "x")]


def test_columns_without_a_name_go_when_they_are_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b,,\n1,2,,\n", "csv").columns == ["a", "b"]
    assert read(tmp_path, "a,b,,\n1,2,,\n3,4,,5\n", "csv").columns == ["a", "b", "#4"]


def test_a_title_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="the header") as caught:
        read(tmp_path, "青山市热线,,\n编号,时间,\n1,2,3\n", "csv")
    assert "column 2 has no name, but line 2 holds something there" in caught.value.why


def test_the_order_of_columns_says_nothing(tmp_path: Path) -> None:
    one, other = read(tmp_path, "a,b\n1,2\n", "csv"), read(tmp_path, "b,a\n2,1\n", "csv")
    assert one.frame.select("a", "b").rows() == other.frame.select("a", "b").rows()


def test_tabs_split_and_a_quote_may_be_an_inch(tmp_path: Path) -> None:
    assert rows(read(tmp_path, 'a\tb\n1\t"x\ty"\n', "tsv")) == [(2, "1", "x\ty")]
    assert rows(read(tmp_path, 'a\tb\n1\t5" pipe\n2\t"y\n', "tsv", quote="")) == [(2, "1", '5" pipe'), (3, "2", '"y')]


def test_a_gb18030_file_keeps_rare_characters_and_its_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    table = read(tmp_path, "\ufeff编号,说明\r\n1,𠮷家湾€\r\n".encode("gb18030"), "csv", encoding="gb18030")
    assert table.columns == ["编号", "说明"]
    assert rows(table) == [(2, "1", "𠮷家湾€")]


def test_a_header_that_the_file_is_too_short_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="the header") as caught:
        read(tmp_path, "a,b\n", "csv", header_rows=2)
    assert "header_rows: 2" in caught.value.why


# --- workbooks --------------------------------------------------------------------------------------------


def test_date_cells_and_typed_dates_stand_in_one_column_each_as_text(tmp_path: Path) -> None:
    table = sheet(
        tmp_path,
        ["编号", "时间"],
        ["007", datetime(2026, 3, 2, 10, 15, 30)],
        [20260302000123, "2026/3/3 9:05"],
        [1.5, date(2026, 3, 4)],
        [True, time(9, 30)],
        [None, datetime(2026, 3, 2, 23, 59, 59, 250_000)],
        ["=1/0", "#N/A"],
        ["x", "2026年3月5日"],
    )
    assert rows(table) == [
        (2, "007", "2026-03-02 10:15:30"),
        (3, "20260302000123", "2026/3/3 9:05"),
        (4, "1.5", "2026-03-04 00:00:00"),
        (5, "true", "09:30:00"),
        (6, None, "2026-03-02 23:59:59.250"),
        (8, "x", "2026年3月5日"),
    ]


def test_every_second_of_a_day_survives_the_sheet_s_fractions(tmp_path: Path) -> None:
    moments = [datetime(2026, 3, 2, second // 3600, second // 60 % 60, second % 60) for second in range(0, 86_400, 7)]
    table = sheet(tmp_path, ["n"], *([moment] for moment in moments))
    assert table.frame.get_column("n").to_list() == [str(moment) for moment in moments]


def test_blank_rows_are_no_records_however_they_are_coloured(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for line in (["a", "b"], [1, 2], [None, None], ["", " "], [3, 4]):
        page.append(line)
    for row in range(6, 600):
        for column in range(1, 30):
            page.cell(row, column).fill = PatternFill("solid", fgColor="FFFF00")
    book.save(tmp_path / "f.xlsx")
    table = read_table(tmp_path / "f.xlsx", {"format": "excel"})
    assert rows(table) == [(2, "1", "2"), (5, "3", "4")]
    assert table.n_records == 2


def test_merged_cells_stand_for_each_place_in_header_and_body(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for line in (
        ["青山市热线", None, None, None],
        ["编号", "时间", None, "街道"],
        [None, "受理", "办结", None],
        ["A", 1, 2, "城关"],
        ["B", 3, 4, None],
    ):
        page.append(line)
    for area in ("A1:D1", "A2:A3", "B2:C2", "D2:D3", "D4:D5", "F9:H12"):
        page.merge_cells(area)
    book.save(tmp_path / "f.xlsx")
    table = read_table(tmp_path / "f.xlsx", {"format": "excel", "skip_rows": 1, "header_rows": 2})
    assert table.columns == ["编号", "时间/受理", "时间/办结", "街道"]
    assert rows(table) == [(4, "A", "1", "2", "城关"), (5, "B", "3", "4", "城关")]


def pages(tmp_path: Path, **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        page = book.create_sheet(title)
        page.sheet_state = "hidden" if title.startswith("hidden") else "visible"
        for line in lines:
            page.append(line)
    book.save(tmp_path / "f.xlsx")
    return tmp_path / "f.xlsx"


def test_the_first_visible_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    file = pages(tmp_path, hidden=[["a"], ["x"]], 一=[["a"], ["一"]], 二=[["b"], ["二"]])
    table = read_table(file, {"format": "excel"})
    assert rows(table) == [(2, "一")]
    assert table.notes == ("not read, as the header is another: 二",)
    assert rows(read_table(file, {"format": "excel", "sheet": "二"})) == [(2, "二")]
    assert rows(read_table(file, {"format": "excel", "sheet": "hidden"})) == [(2, "x")]
    with pytest.raises(CityBrainError, match="has no sheet 三") as caught:
        read_table(file, {"format": "excel", "sheet": "三"})
    assert "一, 二" in caught.value.why


def test_a_sheet_for_each_month_is_one_table_and_its_rows_are_told_by_sheet(tmp_path: Path) -> None:
    months = {f"{m}月": [["标题", None], ["id", "n"], [f"M{m}", m], [f"N{m}", m]] for m in range(1, 13)}
    file = pages(tmp_path, **months, 说明=[["标题", None], ["填表说明", None]])
    table = read_table(file, {"format": "excel", "skip_rows": 1})
    assert table.frame.get_column("id").to_list() == [f"{c}{m}" for m in range(1, 13) for c in "MN"]
    assert table.frame.get_column(LINE).is_unique().all()
    assert [table.label(line) for line in table.frame.get_column(LINE)[2:4]] == ["2月!3", "2月!4"]
    assert table.notes == ("not read, as the header is another: 说明",)
    some = read_table(file, {"format": "excel", "skip_rows": 1, "sheet": ["2月", "4月"]})
    assert some.frame.get_column("n").to_list() == ["2", "2", "4", "4"]
    with pytest.raises(CityBrainError, match="no one table"):
        read_table(file, {"format": "excel", "skip_rows": 1, "sheet": ["2月", "说明"]})


def test_an_empty_sheet_is_a_quiet_day(tmp_path: Path) -> None:
    table = read_table(pages(tmp_path, 一=[]), {"format": "excel"})
    assert (table.n_records, table.columns) == (0, [])
    assert table.notes


def test_a_column_beside_the_header_is_told_by_its_place(tmp_path: Path) -> None:
    assert rows(sheet(tmp_path, ["a", "b"], [1, 2, None], [3, 4, 5])) == [(2, "1", "2", None), (3, "3", "4", "5")]


def test_a_number_with_more_digits_than_a_sheet_keeps_shows_that_they_are_lost(tmp_path: Path) -> None:
    table = sheet(tmp_path, ["id"], [20260105123456789012], [202601051234567], [-(10**15)])
    assert [row[1] for row in rows(table)] == ["2.02601051234568E+19", "202601051234567", "-1.00000000000000E+15"]


@pytest.mark.parametrize("name", ["old.xls", "open.ods"])
def test_workbooks_of_other_makers_say_the_same(name: str) -> None:
    assert rows(read_table(WORKBOOKS / name, {"format": "excel"})) == [
        (2, "007", "2026-03-02 10:15:00", "路灯不亮"),
        (3, "20260302000123", "2026/3/3 9:05", "占道\n经营"),
    ]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    for data in (b"a,b\n1,2\n", b"PK\x03\x04 broken", b""):
        with pytest.raises(CityBrainError, match="no workbook"):
            read(tmp_path, data, "excel")
    with pytest.raises(CityBrainError, match="the header"):
        sheet(tmp_path, ["a"], skip_rows=3)


# --- shapes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        (date(2026, 1, 5), time(8, 30), "2026-01-05 08:30:00"),
        (datetime(2026, 1, 5), datetime(1899, 12, 30, 8, 30), "2026-01-05 08:30:00"),
        (date(2026, 1, 5), None, "2026-01-05 00:00:00"),
        ("2026/1/5", "8:30", "2026/1/5 8:30"),
        (None, time(8, 30), None),
    ],
)
def test_a_date_and_a_time_in_two_cells_are_one_moment(tmp_path: Path, day: Any, hour: Any, moment: str | None) -> None:
    table = sheet(tmp_path, ["n", "day", "hour"], ["A", day, hour], join={"opened": ["day", "hour"]})
    assert table.columns == ["n", "opened"]
    assert rows(table) == [(2, "A", moment)]


def test_a_column_for_each_month_becomes_a_row_for_each_month(tmp_path: Path) -> None:
    text = "site,1月,2月,year\nA,5,,2026\nB\nC,7,0,2026\n"
    unpivot = {"columns": r"\d+月", "period": "month", "value": "count"}
    table = read(tmp_path, text, "csv", unpivot=unpivot)
    assert table.frame.select("site", "year", "month", "count").rows() == [
        ("A", "2026", "1月", "5"),
        ("C", "2026", "1月", "7"),
        ("C", "2026", "2月", "0"),
    ]
    assert [table.label(line) for line in table.frame[LINE]] == ["2, 1月", "4, 1月", "4, 2月"]
    assert [(table.label(line), reason) for line, reason in table.rejects.rows()] == [
        ("3", "1 cells where the header has 4")
    ]
    listed = read(tmp_path, text, "csv", unpivot={**unpivot, "columns": ["2月"]})
    assert listed.frame.select("site", "1月", "month", "count").rows() == [("C", "7", "2月", "0")]


def test_a_shape_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    for options in (
        {"join": {"opened": ["day", "hour"]}},
        {"unpivot": {"columns": "Q[1-4]", "period": "quarter", "value": "n"}},
        {"unpivot": {"columns": ["Q1"], "period": "quarter", "value": "n"}},
    ):
        with pytest.raises(CityBrainError, match="has no column") as caught:
            read(tmp_path, "day,n\n1,2\n", "csv", **options)
        assert "reader." in caught.value.why
        assert read(tmp_path, "", "csv", **options).n_records == 0


# --- JSON -------------------------------------------------------------------------------------------------


def test_numbers_are_kept_as_they_are_written_and_nested_members_get_dotted_names(tmp_path: Path) -> None:
    line = '{"id": 20260302000000000123, "p": {"x": 1.50, "y": {"z": null}}, "ok": true, "l": ["甲"], "t": ""}\n'
    table = read(tmp_path, line, "jsonlines")
    assert table.columns == ["id", "p.x", "p.y.z", "ok", "l", "t"]
    assert rows(table) == [(1, "20260302000000000123", "1.50", None, "true", '["甲"]', None)]


def test_members_may_come_in_any_order_and_be_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, '{"a": "1"}\n\n{"b": "2", "a": "3"}\r\n{}\n', "jsonlines")
    assert rows(table) == [(1, "1", None), (3, "3", "2")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("{'a': 1}", "no JSON: Expecting property name enclosed in double quotes"),
        ('{"a": 1', "no JSON: Expecting ',' delimiter"),
        ('{"a": 1} {"a": 2}', "no JSON: more than one value"),
        ("[1, 2]", "a record that is no object"),
        ('{"a": 1, "a": 2}', "a member that stands twice"),
        ('{"b": {"a": 1, "a": 2}}', "a member that stands twice"),
        ('{"a": NaN}', "NaN or Infinity"),
        ('{"a": "\\ud83d"}', "half of a character (a lone surrogate)"),
        ('{"a": "x\\u0000y"}', "a NUL character"),
        ('{"a":' * 30_000 + "1" + "}" * 30_000, "nested too deeply"),
        (json.dumps({f"k{i}": i for i in range(1001)}), "more than 1000 members"),
    ],
)
def test_a_wrong_record_of_json_lines_costs_itself(tmp_path: Path, record: str, reason: str) -> None:
    good = "".join(f'{{"a": "{i}"}}\n' for i in range(20))
    table = read(tmp_path, f"{good}{record}\n{good}", "jsonlines")
    assert table.rejects.rows() == [(21, reason)]
    assert table.frame.height == 40


def test_an_array_s_records_are_told_by_their_number(tmp_path: Path) -> None:
    text = '{"code": 0, "data": {"n": [9], "list": [{"a": 1,\n   "b": "x"}, 7, {"a": 2, "a": 3},\n  {"a": 4}]}}'
    table = read(tmp_path, text, "json", records="data.list")
    assert rows(table) == [(1, "1", "x"), (4, "4", None)]
    assert table.rejects.rows() == [(2, "a record that is no object"), (3, "a member that stands twice")]
    assert table.place == "record"


def test_an_array_that_breaks_off_gives_what_stood_before(tmp_path: Path) -> None:
    table = read(tmp_path, '[\n{"a": 1},\n{"a": 2},\n{"a": 3', "json")
    assert rows(table) == [(1, "1"), (2, "2")]
    [(number, reason)] = table.rejects.rows()
    assert number == 3
    assert reason.endswith("nothing from here on could be read")
    assert read(tmp_path, '[{"a": 1} {"a": 2}]', "json").rejects.height == 1
    assert rows(read(tmp_path, "[]", "json")) == []


def test_arrays_of_arrays_take_their_names_from_where_these_stand(tmp_path: Path) -> None:
    columns = [{"name": "Created Date", "fieldName": "created"}, {"name": "n"}, "place", {"id": 1}]
    document = {
        "meta": {"view": {"columns": columns}},
        "data": [["2026-01-05", 7, [None, "39.7"], None], [1], {"n": 8}],
    }
    table = read(tmp_path, json.dumps(document), "json", records="data", columns="meta.view.columns")
    assert table.columns == ["created", "n", "place"]
    assert rows(table) == [(1, "2026-01-05", "7", '[null, "39.7"]'), (3, None, "8", None)]
    assert table.rejects.rows() == [(2, "1 cells where the header has 4")]
    assert rows(read(tmp_path, '[["a", "b"], [1, "x"]]', "json")) == [(2, "1", "x")]


@pytest.mark.parametrize(
    ("text", "kind", "options"),
    [
        ("", "json", {}),
        ("[]", "json", {}),
        ("null", "json", {}),
        ('{"data": {"list": null}}', "json", {"records": "data.list"}),
        ('{"rows": [], "names": ["a"]}', "json", {"records": "rows", "columns": "names"}),
        ("", "jsonlines", {}),
        ("\n\n", "jsonlines", {}),
        ("", "geojson", {}),
        ('{"features": []}', "geojson", {}),
    ],
)
def test_an_empty_answer_is_a_quiet_day(tmp_path: Path, text: str, kind: str, options: dict[str, str]) -> None:
    table = read(tmp_path, text, kind, **options)
    assert (table.n_records, table.columns, len(table.notes)) == (0, [], 1)


@pytest.mark.parametrize(
    ("text", "records", "why"),
    [
        ('{"a": 1}', "", "the document is no array"),
        ('{"a": 1}', "data", "no member data"),
        ('{"a": 1}', "a", "a is no array"),
        ("[1]", "a", "no object with a member a"),
        ('{"a" 1}', "b", "no member b"),
        ('{"a": }', "b", "no JSON: Expecting value"),
    ],
)
def test_a_document_without_the_array_is_refused_with_the_place(
    tmp_path: Path, text: str, records: str, why: str
) -> None:
    with pytest.raises(CityBrainError, match="holds no array of records") as caught:
        read(tmp_path, text, "json", records=records)
    assert caught.value.why == why


def test_features_are_rows_with_their_place(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "id": 7, "properties": {"n": "A", "longitude": 1}, "geometry": None},
        {"type": "Feature", "properties": {"n": "B"}, "geometry": {"type": "Point", "coordinates": [104.4, 28.6, 9]}},
        {
            "type": "Feature",
            "properties": {"n": "C"},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 2], [0, 0]]]},
        },
        {"type": "Feature", "properties": {"n": "D"}, "geometry": {"type": "Point"}},
        {"type": "Feature", "properties": ["n"], "geometry": None},
    ]
    table = read(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "geojson")
    assert table.columns == [
        "n",
        "longitude",
        "feature.id",
        *(f"geometry.{n}" for n in ("type", "longitude", "latitude")),
    ]
    assert rows(table) == [
        (1, "A", "1", "7", None, None, None),
        (2, "B", None, None, "Point", "104.4", "28.6"),
        (3, "C", None, None, "Polygon", "2.0000000", "1.0000000"),
    ]
    assert [reason for _, reason in table.rejects.rows()] == [
        "no geometry with coordinates",
        "no Feature: properties or geometry is no object",
    ]
