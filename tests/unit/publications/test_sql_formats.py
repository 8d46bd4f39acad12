"""What answers look like as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.publications.sql import Answer, write_csv, write_json


def answer(*rows: tuple[Any, ...]) -> Answer:
    columns = tuple(f"c{number}" for number in range(len(rows[0])))
    return Answer(columns, (False,) * len(columns), rows, is_cut=False)


def as_csv(*rows: tuple[Any, ...]) -> str:
    out = io.StringIO()
    write_csv(answer(*rows), out)
    return out.getvalue()


def as_json(*rows: tuple[Any, ...]) -> Any:
    out = io.StringIO()
    write_json(answer(*rows), out)
    return json.loads(out.getvalue())


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_any_text_survives_csv(rows: list[tuple[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(as_csv(*rows), newline="")))
    assert [tuple(row) for row in read[1:]] == rows


def test_null_is_nothing_and_empty_text_is_quotes() -> None:
    assert as_csv((None, "", True, 0)) == 'c0,c1,c2,c3\n,"",true,0\n'


def test_values_are_not_changed_to_please_a_spreadsheet() -> None:
    assert as_csv(("=1+1",)) == "c0\n=1+1\n"


def test_json_keeps_kinds() -> None:
    row = (1, 0.25, Decimal("12"), Decimal("1.50"), None, True, date(2026, 8, 1), datetime(2026, 8, 1, 9, 30))
    assert list(as_json(row)[0].values()) == [1, 0.25, 12, 1.5, None, True, "2026-08-01", "2026-08-01T09:30:00"]


def test_numbers_that_json_lacks_become_text() -> None:
    assert as_json((math.nan, math.inf)) == [{"c0": "nan", "c1": "inf"}]
