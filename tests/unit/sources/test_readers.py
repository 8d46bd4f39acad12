"""Reading delimited text: line numbers, encodings, and files that are none."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.errors import CityBrainError
from streams.sources.delimited import UNBALANCED
from streams.sources.readers import read_table
from streams.sources.tables import LINE, Table

OPTIONS = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"', "nulls": ["", "NULL"]}


def read(tmp_path: Path, data: bytes, **options: Any) -> Table:
    (tmp_path / "f.csv").write_bytes(data)
    return read_table(tmp_path / "f.csv", OPTIONS | options)


def rows(table: Table) -> list[tuple[Any, ...]]:
    return table.frame.select(LINE, *table.columns).rows()


def test_every_cell_is_text_and_empty_ones_are_null(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b,c\n007, x ,\nNULL,1e5,""\n')
    assert rows(table) == [(2, "007", "x", None), (3, None, "1e5", None)]


def test_a_record_is_named_by_the_line_it_begins_on(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b\n"1\n2\n3",x\n\nshort\n"p\nq",y\none,two,three\nlast,z\n')
    assert rows(table) == [(2, "1\n2\n3", "x"), (7, "p\nq", "y"), (10, "last", "z")]
    assert table.rejects.rows() == [
        (6, "1 cells where the header has 2"),
        (9, "3 cells where the header has 2"),
    ]
    assert table.n_records == 5


def test_windows_line_ends_a_byte_order_mark_and_doubled_quotes_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, '\ufeffa,b\r\n"say ""hi"", please",1\r\n'.encode())
    assert table.columns == ["a", "b"]
    assert rows(table) == [(2, 'say "hi", please', "1")]


def test_other_encodings_and_delimiters_are_read_as_the_mapping_says(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "名,值\n路灯,1\n".encode("gb18030"), encoding="gb18030")) == [(2, "路灯", "1")]
    assert rows(read(tmp_path, "a\tb\n1\t2\n".encode("utf-16"), delimiter="\t")) == [(2, "1", "2")]


def test_one_row_in_another_encoding_is_rejected_alone(tmp_path: Path) -> None:
    lines = [f"{i},路灯" for i in range(30)]
    data = ("n,t\n" + "\n".join(lines) + "\n").encode() + "99,积水\n".encode("gbk")
    table = read(tmp_path, data)
    assert table.frame.height == 30
    assert table.rejects.rows() == [(32, "bytes that are no utf-8")]


def test_a_whole_file_in_another_encoding_is_refused_with_the_cure(tmp_path: Path) -> None:
    data = ("n,t\n" + "".join(f"{i},路灯\n" for i in range(30))).encode("gbk")
    with pytest.raises(CityBrainError, match="is not utf-8") as caught:
        read(tmp_path, data)
    assert "reader.encoding" in caught.value.remedy


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04 workbook", "is no text"),
        (b",,\n1,2,3\n", "the header"),
        (b"a,,\n1,2,3\n", "the header"),
        ("编,b\n1,2\n".encode("gbk"), "the header"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(CityBrainError, match=what):
        read(tmp_path, data)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CityBrainError, match="no such file"):
            read_table(path, OPTIONS)


def test_a_quote_that_never_closes_costs_its_line_alone(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b\n1,2\n"3,4\n5,6\n')
    assert rows(table) == [(2, "1", "2"), (4, "5", "6")]
    assert table.rejects.rows() == [(3, UNBALANCED)]


@pytest.mark.parametrize("n_rows", [3, 1000])
@pytest.mark.parametrize("place", [0, -10])
def test_rows_behind_an_open_quote_are_all_read(tmp_path: Path, n_rows: int, place: int) -> None:
    lines = [f'{i},"two\nlines, {i}",x' for i in range(n_rows)]
    bad = place % n_rows
    lines[bad] = f'{bad},"24 inch,x'
    table = read(tmp_path, ("a,b,c\n" + "\n".join(lines) + "\n").encode())
    assert [row[1] for row in rows(table)] == [str(i) for i in range(n_rows) if i != bad]
    assert table.rejects.rows() == [(2 + 2 * bad, UNBALANCED)]
    assert [row[0] for row in rows(table)] == [2 + 2 * i - (i > bad) for i in range(n_rows) if i != bad]


@pytest.mark.parametrize(
    ("line", "n_rejects"),
    [
        ('1,5" pipe', 0),  # no quote opens inside of a cell
        ('1,"say ""hi"""', 0),
        ('1,""', 0),
        ('1,"say "hi" now"', 1),
        ('"1,x\n2,y"', 1),  # what it would swallow has another width
        ('"1"2,x', 1),
    ],
)
def test_a_quote_is_told_by_where_it_stands(tmp_path: Path, line: str, n_rejects: int) -> None:
    table = read(tmp_path, f"a,b\n0,x\n{line}\n9,z\n".encode())
    assert table.rejects.filter(reason=UNBALANCED).height == n_rejects
    assert {row[1] for row in rows(table)} >= {"0", "9"}


CELLS = st.text(alphabet="a,\"\n\r;' 路", max_size=6)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_what_a_csv_writer_wrote_is_read_back_with_nothing_rejected(
    tmp_path: Path, cells: list[tuple[str, str]]
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), *cells])
    table = read(tmp_path, out.getvalue().encode())
    assert table.rejects.is_empty()
    kept = [tuple(cell.strip() or None for cell in row) for row in cells]
    assert table.frame.select("a", "b").rows() == [row for row in kept if any(row)]


def test_a_quote_opened_at_any_cell_never_costs_another_row(tmp_path: Path) -> None:
    for quoted in range(5):
        for opened in range(5):
            lines = [f"{i},x{i},y" for i in range(5)]
            lines[quoted] = f'{quoted},"x{quoted}, with comma",y'
            lines[opened] = f'{opened},"x{opened},y'
            table = read(tmp_path, ("a,b,c\n" + "\n".join(lines) + "\n").encode())
            assert table.rejects.rows() == [(opened + 2, UNBALANCED)], (quoted, opened)
            assert table.frame.height == 4


def test_far_fewer_rows_than_lines_are_told(tmp_path: Path) -> None:
    assert read(tmp_path, b'a,b\n1,"x\ny"\n2,z\n3,z\n').notes == ()
    [note] = read(tmp_path, b'a,b\n1,"2\n3\n4\n5\n6"\n7,8\n').notes
    assert note.startswith("2 rows in 6 lines")


def test_lone_carriage_returns_end_lines(tmp_path: Path) -> None:
    assert rows(read(tmp_path, b'a,b\r1,"x"\r2,y\r')) == [(2, "1", "x"), (3, "2", "y")]


def test_a_first_line_may_name_the_delimiter(tmp_path: Path) -> None:
    assert rows(read(tmp_path, b"sep=;\r\na;b\r\n1,5;2\r\n")) == [(3, "1,5", "2")]


def test_a_second_column_of_a_name_and_one_without_are_told_by_their_place(tmp_path: Path) -> None:
    table = read(tmp_path, b"type,,id,type,\nP,x,1,zz,\n")
    assert table.columns == ["type", "#2", "id", "type #4"]
    assert rows(table) == [(2, "P", "x", "1", "zz")]


def test_digits_that_a_spreadsheet_was_told_are_text_lose_the_telling(tmp_path: Path) -> None:
    assert rows(read(tmp_path, b'a,b\n="007","=""008"""\n')) == [(2, "007", "008")]


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_quiet_day(tmp_path: Path, data: bytes) -> None:
    table = read(tmp_path, data)
    assert (table.n_records, table.columns) == (0, [])
    assert table.notes == ("f.csv is empty: nothing to take in",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read_where_it_is_named_and_named_where_it_is_not(
    tmp_path: Path, encoding: str
) -> None:
    data = "编号,类型,登记时间\nU0,路灯,2026-01-01 08:00:00\n".encode(encoding)
    assert rows(read(tmp_path, data, encoding=encoding)) == [(2, "U0", "路灯", "2026-01-01 08:00:00")]
    with pytest.raises(CityBrainError, match="is not utf-8") as caught:
        read(tmp_path, data)
    assert encoding in caught.value.remedy
