"""Reading delimited text: line numbers, encodings, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.errors import CityBrainError
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
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"PK\x03\x04 workbook", "is no text"),
        (b"a,b,a\n1,2,3\n", "the header"),
        (b"a,,c\n1,2,3\n", "the header"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(CityBrainError, match=what):
        read(tmp_path, data)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CityBrainError, match="no such file"):
            read_table(path, OPTIONS)


def test_a_quote_that_never_closes_costs_its_own_rest_and_says_where_it_began(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b\n1,2\n"3,4\n5,6\n')
    assert rows(table) == [(2, "1", "2")]
    assert table.rejects.rows() == [(3, "1 cells where the header has 2")]
