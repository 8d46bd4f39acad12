"""What a draft takes columns for: the number that numbers, every closing, texts, counts, and what it asks about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from streams.contracts.registry import contract
from streams.sources import columns, scaffold
from streams.sources.readers import read_table

HOTLINE, PETITION = "city.hotline.ticket.v1", "city.petition.matter.v1"


def drafted(tmp_path: Path, text: str, topic: str = HOTLINE) -> tuple[scaffold.Draft, dict[str, Any], str]:
    """The draft, its mapping, and the mapping's text."""
    file = tmp_path / "f.csv"
    file.write_text(text, encoding="utf-8")
    options = {"format": "csv"}
    made = scaffold.drafted(read_table(file, options), contract(topic), "shuifu-test")
    said = scaffold.mapping_text(made, title="t", topic=topic, city="shuifu", system="test", reader=options)
    return made, yaml.safe_load(said), said


@pytest.mark.parametrize("name", ["Unique Key", "unique_key", "工单编号", "ID", "incident_id", "信件编号"])
def test_a_number_is_known_by_its_usual_name(tmp_path: Path, name: str) -> None:
    rows = "".join(f"{i},2026-03-{i + 1:02d} 09:00:00\n" for i in range(20))
    _, made, _ = drafted(tmp_path, f"{name},created\n{rows}")
    assert made["fields"]["case_id"] == {"column": name}


def test_a_column_that_holds_one_word_in_all_rows_numbers_no_cases(tmp_path: Path) -> None:
    rows = "".join(f"NYC311,K{i},2026-03-{i + 1:02d} 09:00:00\n" for i in range(20))
    _, made, said = drafted(tmp_path, f"ticket_number,Unique Key,created\n{rows}")
    assert made["fields"]["case_id"] == {"column": "Unique Key"}
    assert "numbers no cases" not in said


def test_a_column_that_is_half_empty_numbers_no_cases(tmp_path: Path) -> None:
    rows = "".join(f"{i if i % 2 else ''},2026-03-{i + 1:02d} 09:00:00\n" for i in range(20))
    _, made, _ = drafted(tmp_path, f"case_id,created\n{rows}")
    assert made["fields"]["case_id"] == {"column": "TODO case_id"}


def test_a_number_that_comes_often_is_asked_about_as_an_event_log(tmp_path: Path) -> None:
    rows = "".join(f"A{i // 5},2026-03-{i + 1:02d} 09:00:00\n" for i in range(20))
    _, made, said = drafted(tmp_path, f"工单编号,受理时间\n{rows}")
    assert made["fields"]["case_id"] == {"column": "TODO case_id"}
    assert "# TODO 工单编号 holds 4 values in 20 rows, so it numbers no cases" in said
    assert "rows: event" in said


def test_closing_columns_that_never_differ_stand_in_for_each_other(tmp_path: Path) -> None:
    text = (
        "编号,受理时间,办结时间,结案时间\n"
        "1,2026-03-02 09:00:00,2026-03-03 09:00:00,\n"
        "2,2026-03-02 09:00:00,,2026-03-04 09:00:00\n"
    )
    _, made, _ = drafted(tmp_path, text)
    assert made["stages"]["closed"] == {"at": ["办结时间", "结案时间"], "optional": True}


def test_closing_columns_that_differ_are_asked_about(tmp_path: Path) -> None:
    text = "编号,受理时间,办结时间,结案时间\n1,2026-03-02 09:00:00,2026-03-03 09:00:00,2026-03-05 09:00:00\n"
    draft, made, said = drafted(tmp_path, text)
    assert made["stages"]["closed"] == {"at": "办结时间", "optional": True}
    assert draft.open_columns == ["结案时间"]
    assert "# TODO 办结时间 and 结案时间 differ in 1 row(s): which of them closes a case?" in said


def test_a_letter_that_is_answered_asks_whether_that_closes_it(tmp_path: Path) -> None:
    text = "信件编号,登记时间,答复时间,标题,内容,答复内容\n1,2026-03-02 09:00:00,2026-03-05 09:00:00,路灯,不亮,已修\n"
    _, made, said = drafted(tmp_path, text, PETITION)
    assert made["stages"]["replied"] == {
        "at": "答复时间", "optional": True, "fields": {"text": {"scrubbed": "答复内容"}},
    }  # fmt: skip
    assert made["stages"]["closed"] == {"at": "TODO", "optional": True}
    assert "what counts as closed" in said
    assert "If 答复时间 ends a case" in said
    assert made["fields"]["text"] == {"scrubbed": ["标题", "内容"]}


def test_a_status_that_ends_cases_without_any_time_asks_when(tmp_path: Path) -> None:
    _, made, said = drafted(
        tmp_path, "编号,受理时间,状态\n1,2026-03-02 09:00:00,已办结\n2,2026-03-02 09:00:00,办理中\n"
    )
    assert made["stages"]["closed"] == {"at": "TODO", "optional": True}
    assert "add closed to 已办结" in said


def test_counts_become_measures_and_words_do_not(tmp_path: Path) -> None:
    text = '编号,受理时间,点赞数,浏览量,comments\n1,2026-03-02 09:00:00,3,"1,204",很好\n'
    _, made, _ = drafted(tmp_path, text)
    assert made["measures"] == {"likes": "点赞数", "views": "浏览量"}
    assert made["fields"]["text"] == {"scrubbed": "comments"}


def test_bounds_are_those_of_nearly_all_points_to_a_tenth_of_a_degree() -> None:
    x = pl.Series([str(104.2512 + i / 1000) for i in range(100)] + ["0", None])
    y = pl.Series([str(28.3512 + i / 1000) for i in range(100)] + ["0", None])
    assert columns.bounds(x, y) == [104.2, 28.3, 104.4, 28.5]
    assert columns.bounds(x[:20], y[:20]) is None
