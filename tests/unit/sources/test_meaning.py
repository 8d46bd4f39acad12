"""What rows mean: times that can't be, points that aren't there, numbers told twice, and files that lack a column."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.contracts.registry import cities
from streams.contracts.validate import broken_rule
from streams.errors import CityBrainError
from streams.sources.adapter import Adapted, adapt, preview
from streams.sources.findings import RULES, lines_of
from streams.sources.mapping import CLOSING, REOPENING, mapping_from
from streams.sources.readers import read_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIRST = cities()["chicago"].first_plausible_date
FIRST_AT = cities()["chicago"].first_plausible_at
TOO_EARLY = f"created is before {FIRST}, the first plausible day of chicago"
SEEDS = Path(__file__).resolve().parents[3] / "dbt_project" / "seeds"

MAPPING: dict[str, Any] = {
    "topic": "city.hotline.ticket.v1",
    "city": "chicago",
    "system": "test",
    "times": {"formats": ["%Y-%m-%d %H:%M"], "zone": "UTC"},
    "status": {"column": "status", "stages": {"open": ["accepted"], "closed": ["accepted", "closed"]}},
    "stages": {"accepted": {"at": "created"}, "closed": {"at": "closed"}},
    "fields": {
        "case_id": {"column": "id"},
        "longitude": {"column": "lon"},
        "latitude": {"column": "lat"},
        "text": {"scrubbed": "note"},
    },
}
HEADER = "id,created,closed,status,lat,lon,note"


def taken(tmp_path: Path, *rows: str, header: str = HEADER, **changes: Any) -> Adapted:
    file = tmp_path / "file.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    rules = mapping_from({**MAPPING, **changes}, "test")
    return adapt(read_table(file, rules.reader), rules, now=NOW)


def sent(made: Adapted) -> list[dict[str, Any]]:
    return [json.loads(value or b"")["data"] for _, _, value in made.records()]


@pytest.mark.parametrize(
    ("created", "rule", "reason"),
    [
        ("1970-01-01 00:00", "implausible_time", TOO_EARLY),
        (f"{FIRST_AT - timedelta(minutes=1):%Y-%m-%d %H:%M}", "implausible_time", TOO_EARLY),
        ("2026-11-30 12:11", "future_time", "created is after now"),
        ("2062-01-05 08:00", "future_time", "created is after now"),
    ],
)
def test_a_date_that_can_not_be_costs_its_row_with_place_and_reason(
    tmp_path: Path, created: str, rule: str, reason: str
) -> None:
    made = taken(tmp_path, "A,2026-01-05 08:00,,open,41.8,-87.7,", f"B,{created},,open,41.8,-87.7,")
    assert made.findings.rows() == [(3, rule, reason)]
    assert [one["case_id"] for one in sent(made)] == ["A"]


def test_a_time_at_either_edge_is_taken(tmp_path: Path) -> None:
    made = taken(tmp_path, f"A,{FIRST_AT:%Y-%m-%d %H:%M},,open,41.8,-87.7,", "B,2026-11-30 12:10,,open,41.8,-87.7,")
    assert made.findings.is_empty()


@pytest.mark.parametrize(
    ("lat", "lon", "why"),
    [
        ("0", "0", "are 0/0, which is no place of the city"),
        ("0.0001", "-0.0001", "are 0/0, which is no place of the city"),
        ("-87.7", "41.8", "are swapped: latitude for longitude"),
        ("39.7", "-105.0", "lie far outside the city"),
        ("41.8", "-877", "are no place on earth"),
        ("0.009", "0.009", "are 0/0, which is no place of the city"),
        ("41.8", "west", "are not two numbers"),
        ("41.8", "nan", "are no numbers that can be counted with"),
    ],
)
def test_of_a_wrong_point_the_case_stays_the_point_goes_and_it_is_told(
    tmp_path: Path, lat: str, lon: str, why: str
) -> None:
    made = taken(tmp_path, f"A,2026-01-05 08:00,,open,{lat},{lon},x")
    assert made.findings.rows() == [(2, "implausible_point", f"lon, lat {why}")]
    [one] = sent(made)
    assert (one["case_id"], one.get("longitude"), one.get("latitude")) == ("A", None, None)


def test_without_bounds_the_other_points_of_the_file_tell_which_are_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from streams.sources import adapter

    monkeypatch.setattr(adapter, "city", lambda code: replace(cities()[code], bounds=None))
    near = [f"N{i},2026-01-05 08:00,,open,41.{i:02d},-87.{i:02d},x" for i in range(20)]
    made = taken(tmp_path, *near, "F,2026-01-05 08:00,,open,30.1,-97.7,x")
    assert made.findings.rows() == [(22, "implausible_point", "lon, lat lie far outside the city")]
    assert taken(tmp_path, *near[:3], "F,2026-01-05 08:00,,open,30.1,-97.7,x").findings.is_empty()


def test_a_closing_before_the_receipt_passes_and_is_told(tmp_path: Path) -> None:
    made = taken(tmp_path, "A,2026-01-05 08:00,2026-01-04 08:00,closed,41.8,-87.7,x")
    assert made.findings.rows() == [(2, "closed_before_receipt", "closed is before accepted")]
    assert [one["stage"] for one in sent(made)] == ["closed", "accepted"]


def test_a_text_over_the_limit_costs_the_text_alone_and_the_wire_takes_the_rest(tmp_path: Path) -> None:
    made = taken(tmp_path, f"LT1,2026-01-05 08:00,,open,41.8,-87.7,{'x' * 20_001}")
    assert made.findings.rows() == [(2, "optional_value", "note is longer than 20000 characters")]
    assert "text" not in sent(made)[0]
    assert made.judged_by_the_wire(NOW).rows_rejected == 0


def test_the_dry_run_judges_as_the_wire_does(tmp_path: Path) -> None:
    made = taken(tmp_path, "A,2026-01-05 08:00,,open,41.8,-87.7,x", "B,2026-01-06 08:00,,open,41.8,-87.7,x")
    early = made.judged_by_the_wire(datetime(2026, 1, 5, 20, tzinfo=UTC))
    assert early.findings.rows() == [(3, "refused_by_the_wire", "the wire would refuse it: future_time")]
    assert early.events.get_column("case_id").to_list() == ["A"]
    assert (early.rows_adapted, early.rows_rejected) == (1, 1)


def test_what_is_adapted_is_never_refused_by_the_wire(tmp_path: Path) -> None:
    odd = [
        "",
        "0",
        "-1",
        "1e999",
        "NaN",
        "2026-02-30 08:00",
        "2026-01-05 08:00",
        "x" * 300,
        '"',
        "{}",
        "⁂",
        "1,5",
        "\\",
    ]
    rows = [[f"C{i}", odd[i % 13], odd[i // 13 % 13], "closed" if i % 2 else "open"] for i in range(169)]
    file = tmp_path / "odd.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([HEADER.split(","), *([*row, odd[7], odd[6], odd[8]] for row in rows)])
        csv.writer(handle).writerows([one, odd[6], odd[6], "closed", one, one, one] for one in odd)
    fields = MAPPING["fields"] | {"category_name": {"column": "note"}, "area_code": {"column": "lat"}}
    rules = mapping_from({**MAPPING, "fields": fields}, "test")
    made = adapt(read_table(file, rules.reader), rules, now=NOW)
    assert made.events.height > 10
    contract = rules.contract
    broken = [broken_rule(contract, key, value, now=NOW, cities=cities()) for _, key, value in made.records()]
    assert set(broken) == {None}


def test_two_rows_with_one_number_and_other_content_are_one_case_and_told(tmp_path: Path) -> None:
    made = taken(
        tmp_path,
        "A,2026-01-05 08:00,,open,41.8,-87.7,x",
        "B,2026-01-05 08:00,,open,41.8,-87.7,x",
        "A,2026-01-05 08:00,2026-01-06 08:00,closed,41.8,-87.7,x",
        "B,2026-01-05 08:00,,open,41.8,-87.7,x",
    )
    assert made.findings.rows() == [(2, "number_twice", "id stands again with other content at 4, which is taken")]
    assert {(one["case_id"], one["stage"]) for one in sent(made)} == {
        ("A", "accepted"),
        ("A", "closed"),
        ("B", "accepted"),
    }
    assert (made.n_cases, made.rows_sharing_a_number) == (2, 2)


def test_where_each_row_is_an_event_a_number_may_come_often(tmp_path: Path) -> None:
    rows = [f"A,2026-01-05 08:{i:02d},,open,41.8,-87.7,x" for i in range(20)]
    made = taken(tmp_path, *rows, rows="event")
    assert made.findings.is_empty()
    assert made.events.height == 20


def test_a_column_of_an_optional_field_or_a_later_stage_may_be_absent(tmp_path: Path) -> None:
    made = taken(tmp_path, "A,2026-01-05 08:00,open", "B,2026-01-05 08:00,closed", header="id,created,status")
    assert made.absent_columns == ["lon", "lat", "note", "closed"]
    assert [one["case_id"] for one in sent(made)] == ["A"]
    assert made.rejects.rows() == [(3, "closed, but closed is empty")]
    assert ("left_out", "absent_column", 2) in made.tally().select("outcome", "rule", "rows").rows()
    with pytest.raises(CityBrainError, match="the file has no column id"):
        taken(tmp_path, "2026-01-05 08:00,open", header="created,status")


def test_the_first_filled_of_several_closing_columns_tells_the_time(tmp_path: Path) -> None:
    stages = {"accepted": {"at": "created"}, "closed": {"at": ["closed", "settled"], "optional": True}}
    document = {key: value for key, value in MAPPING.items() if key != "status"} | {"drop": {"not needed": ["status"]}}
    file = tmp_path / "file.csv"
    rows = (
        "A,2026-01-05 08:00,2026-01-06 08:00,,41.8,-87.7,,2026-01-07 08:00",
        "B,2026-01-05 08:00,,,,,,2026-01-08 08:00",
    )
    file.write_text(
        "\n".join([f"{HEADER},settled", *rows, "C,2026-01-05 08:00,,,,,,", "D,2026-01-05 08:00,,,,,,soon"]) + "\n"
    )
    rules = mapping_from({**document, "stages": stages}, "test")
    made = adapt(read_table(file, rules.reader), rules, now=NOW)
    closed = made.events.filter(made.events["stage"] == "closed")
    assert closed["event_at_utc"].dt.day().to_list() == [6, 8]
    assert made.rejects.rows() == [(5, "settled is no time like %Y-%m-%d %H:%M")]


def test_a_time_that_no_column_says_can_be_constant(tmp_path: Path) -> None:
    made = taken(
        tmp_path, "A,,,open,41.8,-87.7,x", stages={"accepted": {"constant": "2025-12-31"}, "closed": {"at": "closed"}}
    )
    assert made.events["event_at_utc"].to_list() == [datetime(2025, 12, 31)]
    with pytest.raises(CityBrainError) as caught:
        mapping_from({**MAPPING, "stages": {"accepted": {"constant": "last year"}, "closed": {"at": "c"}}}, "test")
    assert "is no time like 2025-12-31 08:00:00" in caught.value.why


def test_several_texts_stand_below_each_other_and_a_stage_may_have_its_own(tmp_path: Path) -> None:
    stages = {"accepted": {"at": "created"}, "closed": {"at": "closed", "fields": {"text": {"scrubbed": "answer"}}}}
    made = taken(
        tmp_path,
        "A,2026-01-05 08:00,2026-01-06 08:00,closed,,,我叫王建国,路灯,已修好",
        header=f"{HEADER},subject,answer",
        stages=stages,
        fields={"case_id": {"column": "id"}, "text": {"scrubbed": ["subject", "note"]}},
        drop={"not needed": ["lat", "lon"]},
    )
    assert [one["text"] for one in sent(made)] == ["路灯\n我叫〔姓名〕", "已修好"]
    uses = {column: use for column, use, _ in preview(read_table(tmp_path / "file.csv", made.mapping.reader), made)}
    assert uses["answer"] == "text (scrubbed) of closed"


def test_counts_of_the_source_are_kept_as_measures(tmp_path: Path) -> None:
    made = taken(
        tmp_path,
        'A,2026-01-05 08:00,2026-01-06 08:00,closed,,,x,12,"1,340"',
        "B,2026-01-05 08:00,,open,,,x,,",
        "C,2026-01-05 08:00,,open,,,x,many,3",
        header=f"{HEADER},likes,views",
        measures={"likes": "likes", "views": "views"},
    )
    counts = {(one["case_id"], one["stage"]): one.get("measures") for one in sent(made)}
    assert counts == {
        ("A", "accepted"): '{"likes":12,"views":1340}',
        ("A", "closed"): None,
        ("B", "accepted"): None,
        ("C", "accepted"): '{"views":3}',
    }
    assert made.findings.rows() == [(4, "optional_value", "likes is no number")]
    assert made.judged_by_the_wire(NOW).rows_rejected == 0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rows": "wide"}, "rows: 'wide' is none of case, event"),
        ({"measures": {"Likes": "likes"}}, "measures.Likes: is no small name"),
        ({"stages": {"accepted": {"at": "a", "constant": "2025-01-01"}, "closed": {"at": "c"}}}, "exactly one of at"),
        (
            {"stages": {"accepted": {"at": "a", "fields": {"fax": {"column": "x"}}}, "closed": {"at": "c"}}},
            "no such field",
        ),
        (
            {"stages": {"accepted": {"at": "a", "fields": {"case_id": {"column": "x"}}}, "closed": {"at": "c"}}},
            "the number is the same for all stages",
        ),
    ],
)
def test_a_wrong_word_of_the_language_is_refused_by_its_place(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        mapping_from({**MAPPING, **changes}, "test")
    assert fault in caught.value.why


def test_the_stages_that_end_and_reopen_are_those_of_the_life_cycle() -> None:
    with (SEEDS / "stage_map.csv").open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["family"] not in ("camera", "call", "sign", "record")]
    assert {row["native_stage"] for row in rows if row["stage"] == "closed"} == set(CLOSING)
    assert {row["native_stage"] for row in rows if row["stage"] == "reopened"} == set(REOPENING)


def test_every_rule_has_words_in_both_languages_and_an_outcome() -> None:
    assert len(RULES) > 10
    assert all(rule.zh and rule.en and rule.outcome in ("rejected", "left_out", "told") for rule in RULES.values())


def test_each_rule_is_told_with_its_count_and_its_first_places(tmp_path: Path) -> None:
    made = taken(tmp_path, *(f"N{i},2026-01-05 08:00,,open,0,0,x" for i in range(5)))
    assert lines_of(made.findings, made.place, made.label) == [
        "implausible_point: 5 row(s), line 2, 3, 4, …; the first: lon, lat are 0/0, which is no place of the city"
    ]
