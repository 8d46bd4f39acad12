"""The declarative adapter: what a row becomes, and what happens to a row, a column or a file that is wrong."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.errors import CityBrainError
from streams.privacy.tokens import TokenKeys, rotated
from streams.sources.adapter import Adapted, adapt, looks_personal, preview
from streams.sources.mapping import mapping_from
from streams.sources.readers import read_table

MAPPING: dict[str, Any] = {
    "topic": "city.hotline.ticket.v1",
    "city": "chicago",
    "system": "test",
    "times": {"formats": ["%Y-%m-%d %H:%M:%S"], "zone": "city"},
    "status": {"column": "state", "stages": {"new": ["accepted"], "done": ["accepted", "closed"]}},
    "stages": {"accepted": {"at": "opened"}, "closed": {"at": "finished"}},
    "fields": {"case_id": {"column": "number"}},
    "drop": {"personal": ["caller"]},
}
HEADER = "number,state,opened,finished,caller"


def mapping_with(**changes: Any) -> dict[str, Any]:
    made = deepcopy(MAPPING)
    for place, value in changes.items():
        made[place] = {**made.get(place, {}), **value} if isinstance(value, dict) else value
    return made


def adapted(
    tmp_path: Path,
    *rows: str,
    header: str = HEADER,
    keys: TokenKeys | None = None,
    **changes: Any,
) -> Adapted:
    file = tmp_path / "file.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    rules = mapping_from(mapping_with(**changes), "test")
    return adapt(read_table(file, rules.reader), rules, keys)


def times(made: Adapted) -> dict[str, str]:
    return {row["stage"]: row["event_at_utc"].isoformat() for row in made.events.iter_rows(named=True)}


def test_a_row_becomes_one_event_for_each_stage_it_has_reached(tmp_path: Path) -> None:
    made = adapted(tmp_path, "A,done,2021-01-01 10:00:00,2021-01-01 12:00:00,", "B,new,2021-01-01 11:00:00,,")
    assert made.events.select("case_id", "stage").rows() == [("A", "accepted"), ("B", "accepted"), ("A", "closed")]
    assert made.rejects.is_empty()


def test_a_later_download_with_a_new_status_adds_only_the_new_stage(tmp_path: Path) -> None:
    first = [*adapted(tmp_path, "A,new,2021-01-01 10:00:00,,").records()]
    later = [*adapted(tmp_path, "A,done,2021-01-01 10:00:00,2021-01-01 12:00:00,").records()]
    assert later[0] == first[0]
    assert [json.loads(value or b"")["data"]["stage"] for _, _, value in later] == ["accepted", "closed"]


def test_an_optional_stage_is_reached_where_its_time_is_given(tmp_path: Path) -> None:
    stages = {"accepted": {"at": "opened"}, "closed": {"at": "finished", "optional": True}}
    rows = "A,,2021-01-01 10:00:00,,", "B,,2021-01-01 11:00:00,2021-01-01 12:00:00,", "C,,2021-01-01 11:00:00,soon,"
    file = tmp_path / "file.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    document = {name: value for name, value in mapping_with(stages=stages).items() if name != "status"}
    rules = mapping_from({**document, "drop": {"not needed": ["state", "caller"]}}, "test")
    made = adapt(read_table(file, rules.reader), rules)
    assert made.events.select("case_id", "stage").rows() == [("A", "accepted"), ("B", "accepted"), ("B", "closed")]
    assert made.rejects.rows() == [(4, "finished is no time like %Y-%m-%d %H:%M:%S")]


def test_a_large_file_without_any_status_is_taken_whole(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("number,opened\n" + "A,2021-01-01 10:00:00\n" * 100_000)
    document = {**MAPPING, "stages": {"accepted": {"at": "opened"}}, "drop": {}}
    rules = mapping_from({name: value for name, value in document.items() if name != "status"}, "test")
    assert adapt(read_table(file, rules.reader), rules).events.height == 100_000


def test_a_code_of_another_form_than_the_contract_s_is_left_out_and_told(tmp_path: Path) -> None:
    rows = "A,new,2021-01-01 10:00:00,,,5306810101000001", "B,new,2021-01-01 10:00:00,,,530681-1"
    file = tmp_path / "file.csv"
    file.write_text("\n".join([f"{HEADER},part", *rows]) + "\n", encoding="utf-8")
    changes = {
        "topic": "city.department.case.v1",
        "status": {"column": "state", "stages": {"new": ["reported"]}},
        "stages": {"reported": {"at": "opened"}},
        "fields": {"case_id": {"column": "number"}, "part_code": {"column": "part"}},
    }
    rules = mapping_from({**MAPPING, **changes}, "test")
    made = adapt(read_table(file, rules.reader), rules)
    assert made.rejects.is_empty()
    assert made.findings.rows() == [(3, "optional_value", "part has not the contract's form")]
    assert made.events.get_column("part_code").to_list() == ["5306810101000001", None]


def test_opened_and_closed_in_the_same_second_stay_two_events_in_order(tmp_path: Path) -> None:
    made = adapted(tmp_path, "A,done,2021-01-01 10:00:00,2021-01-01 10:00:00,")
    events = [json.loads(value or b"") for _, _, value in made.records()]
    assert [event["data"]["stage"] for event in events] == ["accepted", "closed"]
    assert events[0]["id"] != events[1]["id"]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2021-01-01 10:00:00", "2021-01-01T16:00:00"),  # winter: -6
        ("2021-07-01 10:00:00", "2021-07-01T15:00:00"),  # summer: -5
        ("2021-03-14 01:59:59", "2021-03-14T07:59:59"),  # the second before the clocks skip an hour
        ("2021-03-14 03:00:00", "2021-03-14T08:00:00"),
        ("2021-11-07 01:30:00", "2021-11-07T06:30:00"),  # comes twice: the first one
        ("2021-11-07 02:00:00", "2021-11-07T08:00:00"),
        ("2020-12-31 23:00:00", "2021-01-01T05:00:00"),  # another day, month and year in UTC
        ("2020-02-29 12:00:00", "2020-02-29T18:00:00"),
    ],
)
def test_local_times_follow_the_city_s_clock(tmp_path: Path, local: str, utc: str) -> None:
    assert times(adapted(tmp_path, f"A,new,{local},,")) == {"accepted": utc}


def test_a_time_that_the_clocks_skip_is_rejected_or_read_forward(tmp_path: Path) -> None:
    row = "A,new,2021-03-14 02:30:00,,"
    assert adapted(tmp_path, row).rejects.rows() == [(2, "opened is an hour that the clocks skip or repeat")]
    made = adapted(tmp_path, row, times={"skipped": "forward"})
    assert times(made) == {"accepted": "2021-03-14T08:30:00"}


def test_in_the_hour_that_comes_twice_nothing_ends_before_it_began(tmp_path: Path) -> None:
    row = "A,done,2021-11-07 01:50:00,2021-11-07 01:10:00,"
    assert times(adapted(tmp_path, row)) == {
        "accepted": "2021-11-07T06:50:00",
        "closed": "2021-11-07T07:10:00",
    }
    assert times(adapted(tmp_path, row, times={"twice": "latest"}))["accepted"] == "2021-11-07T07:50:00"
    assert adapted(tmp_path, row, times={"twice": "reject"}).rows_rejected == 1


def test_times_may_be_counts_since_1970(tmp_path: Path) -> None:
    formats = {"formats": ["epoch_ms", "%+"], "zone": "in_value"}
    rows = "A,done,1614592800250,2021-03-01T18:00:01+08:00,", "B,new,noon,,"
    made = adapted(tmp_path, *rows, times=formats)
    assert times(made) == {"accepted": "2021-03-01T10:00:00.250000", "closed": "2021-03-01T10:00:01"}
    assert made.rejects.rows() == [(3, "opened is no time like epoch_ms or %+")]
    seconds = adapted(tmp_path, "A,new,1614592800,,", times={"formats": ["epoch_s"], "zone": "in_value"})
    assert times(seconds) == {"accepted": "2021-03-01T10:00:00"}


def test_a_column_may_write_its_times_unlike_the_others(tmp_path: Path) -> None:
    differing = {"formats": ["%d/%m/%Y %H:%M"], "zone": "UTC"}
    made = adapted(
        tmp_path,
        "A,done,112-01-01 10:00:00,05/06/2023 10:00,",
        times={"era": "roc", "columns": {"finished": {**differing, "era": "common"}}},
    )
    assert times(made) == {"accepted": "2023-01-01T16:00:00", "closed": "2023-06-05T10:00:00"}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"formats": ["%d/%m/%Y", "%m/%d/%Y %H:%M"]}, "times.formats: %d/%m/%Y and %m/%d/%Y %H:%M read one text"),
        ({"columns": {"finished": {"formats": ["%y/%m/%d", "%d/%m/%y"]}}}, "times.columns.finished.formats: "),
        ({"columns": {"finished": {"era": "meiji"}}}, "times.columns.finished.era: 'meiji' is none of common, roc"),
        ({"columns": {"finished": {"format": []}}}, "times.columns.finished: unknown key 'format'"),
        ({"columns": {"finished": {"zone": "Mars"}}}, "No time zone found with key Mars"),
    ],
)
def test_times_that_a_value_would_decide_on_are_refused(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        mapping_from(mapping_with(times=changed), "test")
    assert fault in caught.value.why


def test_an_empty_file_makes_no_events_under_any_mapping(tmp_path: Path) -> None:
    (tmp_path / "file.csv").touch()
    rules = mapping_from(mapping_with(unknown_columns="refuse"), "test")
    made = adapt(read_table(tmp_path / "file.csv", rules.reader), rules)
    assert (made.rows_read, made.events.height, [*made.records()]) == (0, 0, [])


def test_times_may_carry_their_own_offset_or_another_zone(tmp_path: Path) -> None:
    own = adapted(tmp_path, "A,new,2021-01-01T10:00:00+08:00,,", times={"formats": ["%+"], "zone": "in_value"})
    assert times(own) == {"accepted": "2021-01-01T02:00:00"}
    tokyo = adapted(tmp_path, "A,new,2021-01-01 10:00:00,,", times={"zone": "Asia/Tokyo"})
    assert times(tokyo) == {"accepted": "2021-01-01T01:00:00"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",new,2021-01-01 10:00:00,,", "number is empty"),
        ("A,,2021-01-01 10:00:00,,", "state is empty"),
        ("A,lost,2021-01-01 10:00:00,,", "state lost is not in the mapping"),
        ("A,new,,,", "accepted, but opened is empty"),
        ("A,new,01/02/2021,,", "opened is no time like %Y-%m-%d %H:%M:%S"),
        ("A,new,2021-02-30 10:00:00,,", "opened is no time like %Y-%m-%d %H:%M:%S"),
        ("A,done,2021-01-01 10:00:00,,", "closed, but finished is empty"),
        ("A,new,2021-01-01 10:00:00", "3 cells where the header has 5"),
        ("A,new,2021-01-01 10:00:00,,,,", "7 cells where the header has 5"),
        (f"{'A' * 65},new,2021-01-01 10:00:00,,", "number is longer than 64 characters"),
        ("A\x00,new,2021-01-01 10:00:00,,", "a NUL character"),
    ],
)
def test_a_wrong_row_is_rejected_with_its_line_and_reason_and_the_rest_is_loaded(
    tmp_path: Path, row: str, reason: str
) -> None:
    good = '"G{}",new,2021-01-01 10:00:00,,"two\nlines"'
    made = adapted(tmp_path, good.format(1), row, "", good.format(2))
    assert made.rejects.rows() == [(4, reason)]
    assert made.events.get_column("case_id").to_list() == ["G1", "G2"]
    assert (made.rows_read, made.rows_adapted, made.rows_rejected) == (3, 2, 1)


def test_one_bad_optional_value_is_left_out_with_its_reason_and_the_case_stays(tmp_path: Path) -> None:
    fields = {
        "case_id": {"column": "number"},
        "longitude": {"column": "lon"},
        "channel": {"column": "origin", "map": {"Phone": "phone"}},
        "urgency": {"column": "urgent", "map": {"1": "urgent"}, "default": "normal"},
    }
    made = adapted(
        tmp_path,
        "A,new,2021-01-01 10:00:00,,,-87.5,Phone,1",
        "B,new,2021-01-01 10:00:00,,,,,",
        "C,new,2021-01-01 10:00:00,,,west,Phone,1",
        "D,new,2021-01-01 10:00:00,,,-187.5,Phone,2",
        "E,new,2021-01-01 10:00:00,,,-87.5,Fax,2",
        "F,new,2021-01-01 10:00:00,,,-87.5,Phone,2",
        "G,new,2021-01-01 10:00:00,,,nan,Phone,2",
        header=f"{HEADER},lon,origin,urgent",
        fields=fields,
    )
    assert made.rejects.is_empty()
    assert made.findings.rows() == [
        (4, "optional_value", "lon is no number"),
        (5, "optional_value", "lon is under -180"),
        (6, "optional_value", "origin Fax is not in the code map"),
        (8, "optional_value", "lon is no number that can be counted with"),
    ]
    assert made.events.select("case_id", "longitude", "channel", "urgency").rows() == [
        ("A", -87.5, "phone", "urgent"),
        ("B", None, None, None),
        ("C", None, "phone", "urgent"),
        ("D", None, "phone", "normal"),
        ("E", -87.5, None, "normal"),
        ("F", -87.5, "phone", "normal"),
        ("G", None, "phone", "normal"),
    ]
    assert made.tally().rows() == [("left_out", "optional_value", 4, 4, "lon is no number")]


def test_tickets_whose_numbers_a_spreadsheet_cut_are_rejected_and_not_made_one(tmp_path: Path) -> None:
    row = "{},new,2021-01-01 10:00:00,,"
    made = adapted(tmp_path, row.format("2.02601E+11"), row.format("2.02601E+11"), row.format("A"))
    lost = "number is a number of which a spreadsheet has lost digits"
    assert made.rejects.rows() == [(2, lost), (3, lost)]
    assert made.events.get_column("case_id").to_list() == ["A"]


def test_a_place_may_stand_in_one_cell_with_decimal_commas(tmp_path: Path) -> None:
    fields = {
        "longitude": {"column": "place", "part": -1},
        "latitude": {"column": "place", "part": 1},
        "case_id": {"column": "number"},
    }
    made = adapted(
        tmp_path, 'A,new,2021-01-01 10:00:00,,,"41,8781; -87,63"', header=f"{HEADER},place", fields=fields,
        reader={"decimal": ","},
    )  # fmt: skip
    assert made.events.select("longitude", "latitude").rows() == [(-87.63, 41.8781)]
    for fault in ({"part": 0}, {"part": "x"}):
        with pytest.raises(CityBrainError, match="is wrong"):
            mapping_from(mapping_with(fields={"longitude": {"column": "place", **fault}}), "test")
    with pytest.raises(CityBrainError, match="is wrong"):
        mapping_from(mapping_with(fields={"category_code": {"column": "place", "part": 1}}), "test")


def test_a_reporter_becomes_a_token_text_is_scrubbed_and_dropped_columns_are_gone(tmp_path: Path) -> None:
    keys = TokenKeys.from_secrets({"hmac.key.3": "k" * 40})
    made = adapted(
        tmp_path,
        "A,new,2021-01-01 10:00:00,,王建国,13912345678,我叫王建国,电话13912345678".replace("国,电话", "国;电话"),
        header=f"{HEADER},phone,remarks",
        keys=keys,
        fields={"reporter_token": {"token": "phone"}, "text": {"scrubbed": "remarks"}},
    )
    [(_, _, value)] = made.records()
    sent = json.loads(value or b"")["data"]
    assert sent["text"] == "我叫〔姓名〕;电话〔电话〕"
    assert sent["reporter_token"] == keys.token("13912345678", "chicago/test")
    assert sent["token_key_id"] == "3"
    assert "13912345678" not in (value or b"").decode()
    assert "王建国" not in (value or b"").decode()


def test_while_two_keys_overlap_a_repeat_from_before_the_rotation_is_still_linked(tmp_path: Path) -> None:
    old = {"hmac.key.1": "k" * 40}
    new = rotated(old, "n" * 40, date(2026, 1, 1))
    sent = []
    for day, secrets in ((1, old), (2, new)):
        made = adapted(
            tmp_path,
            f"A{day},new,2021-01-01 10:00:00,,王建国,13912345678",
            header=f"{HEADER},phone",
            keys=TokenKeys.from_secrets(secrets).overlap(date(2026, 1, day)),
            fields={"reporter_token": {"token": "phone"}},
        )
        sent += [json.loads(value or b"")["data"] for _, _, value in made.records()]
    before, after = sent
    assert "reporter_token_previous" not in before
    assert after["reporter_token_previous"] == before["reporter_token"] != after["reporter_token"]
    assert (before["token_key_id"], after["token_key_id"]) == ("1", "2")


def test_a_column_that_nobody_decided_on_is_left_out_and_named_or_refused(tmp_path: Path) -> None:
    header, row = f"{HEADER},reporter_phone", "A,new,2021-01-01 10:00:00,,x,13912345678"
    made = adapted(tmp_path, row, header=header)
    assert made.unknown_columns == ["reporter_phone"]
    assert all(b"13912345678" not in (value or b"") for _, _, value in made.records())
    with pytest.raises(CityBrainError, match=r"unknown column\(s\) reporter_phone"):
        adapted(tmp_path, row, header=header, unknown_columns="refuse")


def test_a_cell_that_slipped_into_another_column_is_not_repeated_in_the_reason(tmp_path: Path) -> None:
    fields = {"channel": {"column": "caller", "map": {"phone": "phone"}}}
    rows = "A,13912345678,2021-01-01 10:00:00,,", "B,new,2021-01-01 10:00:00,,电话13912345678"
    made = adapted(tmp_path, *rows, fields=fields, drop={"personal": []})
    assert made.findings.rows() == [
        (2, "unknown_status", "state 〔电话〕 is not in the mapping"),
        (3, "optional_value", "caller 电话〔电话〕 is not in the code map"),
    ]


def test_a_column_that_holds_persons_and_is_sent_as_it_stands_is_told(tmp_path: Path) -> None:
    rows = [f"C{i},new,2021-01-01 10:00:00,,{'电话13912345678' if i < 3 else '路灯'}" for i in range(9)]
    made = adapted(tmp_path, *rows, fields={"category_name": {"column": "caller"}}, drop={"personal": []})
    assert looks_personal(made) == [("caller", 3)]


def test_a_column_of_accounts_that_is_sent_as_it_stands_is_told_by_its_name(tmp_path: Path) -> None:
    rows = [f"C{i},new,2021-01-01 10:00:00,,{f'u-{i}' if i < 3 else ''}" for i in range(9)]
    fields = {"category_name": {"column": "wx_openid"}}
    header = "number,state,opened,finished,wx_openid"
    made = adapted(tmp_path, *rows, header=header, fields=fields, drop={"personal": []})
    assert looks_personal(made) == [("wx_openid", 3)]


def test_a_file_without_a_mapped_column_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="the file has no column opened") as caught:
        adapted(tmp_path, "A,new,,", header="number,state,finished,caller")
    assert "number, state, finished, caller" in caught.value.why


def test_a_record_over_a_mebibyte_is_rejected_and_the_next_row_is_not(tmp_path: Path) -> None:
    made = adapted(
        tmp_path,
        f"A,done,2021-01-01 10:00:00,2021-01-01 10:00:00,,{'水' * 400_000}",
        f"B,new,2021-01-01 10:00:00,,,{'水' * 200_000}",
        header=f"{HEADER},remarks",
        fields={"unit_code": {"column": "remarks"}},
    )
    assert made.findings.rows() == [(2, "too_large", "larger than 1 MiB as a record")]
    assert made.events.get_column("case_id").to_list() == ["B"]


def test_a_file_with_a_header_alone_gives_no_events_and_no_error(tmp_path: Path) -> None:
    made = adapted(tmp_path)
    assert (made.rows_read, [*made.records()]) == (0, [])


def test_the_preview_tells_of_every_column_and_shows_no_personal_value(tmp_path: Path) -> None:
    header = f"{HEADER},phone,surprise"
    keys = TokenKeys.from_secrets({"hmac.key.1": "k" * 40})
    changes = {"fields": {"reporter_token": {"token": "phone"}}}
    made = adapted(tmp_path, "A,new,2021-01-01 10:00:00,,王建国,13912345678,?", header=header, keys=keys, **changes)
    table = read_table(tmp_path / "file.csv", made.mapping.reader)
    shown = preview(table, made)
    assert [column for column, _, _ in shown] == header.split(",")
    told = {column: use for column, use, _ in shown}
    assert told["caller"] == "dropped (personal)"
    assert told["surprise"] == "NOT MAPPED, left out"
    assert told["phone"] == "reporter_token (tokenised)"
    assert "13912345678" not in str(shown)
    assert "王建国" not in str(shown)


def test_the_fingerprint_changes_with_the_data_and_not_with_the_day(tmp_path: Path) -> None:
    row = "A,new,2021-01-01 10:00:00,,"
    assert adapted(tmp_path, row).fingerprint == adapted(tmp_path, row).fingerprint
    assert adapted(tmp_path, row).fingerprint != adapted(tmp_path, row.replace("A", "B", 1)).fingerprint


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"times": {"format": "x"}}, "times: unknown key 'format'"),
        ({"times": {"zone": "Mars/Olympus"}}, "Mars/Olympus"),
        ({"times": {"twice": "never"}}, "times.twice: 'never' is none of"),
        ({"fields": {"mood": {"column": "x"}}}, "fields.mood: the contract has no such field"),
        ({"fields": {"stage": {"column": "x"}}}, "fields.stage: is made by the adapter"),
        ({"fields": {"channel": {"column": "x", "constant": "y"}}}, "exactly one of column"),
        ({"fields": {"channel": {"constant": "fax"}}}, "fields.channel: not allowed by the contract: fax"),
        ({"fields": {"channel": {"column": "x", "map": {"a": "fax"}}}}, "not allowed by the contract: fax"),
        ({"fields": {"text": {"column": "remarks"}}}, "must be scrubbed or a token"),
        ({"fields": {"case_id": {"columns": "x"}}}, "fields.case_id: unknown key 'columns'"),
        ({"stages": {"melted": {"at": "opened"}}}, "the contract has no stage melted"),
        ({"stages": {"closed": {"when": {}}}}, "stages.closed"),
        ({"status": {"stages": {"new": ["rated"]}}}, "status new: rated has no entry in stages"),
        ({"drop": {"personal": ["opened"]}}, "both used and dropped: opened"),
        ({"reader": {"encoding": "klingon"}}, "klingon"),
        ({"reader": {"format": "stone"}}, "reader.format: 'stone' is none of csv"),
        ({"reader": {"format": "excel", "encoding": "gbk"}}, "reader: unknown key 'encoding'"),
        ({"reader": "csv, please"}, "reader.format: 'csv, please' is none of"),
        ({"times": {"formats": ["epoch_s"]}}, "epoch_s and epoch_ms need zone: in_value"),
        ({"system": "热线/1"}, "system: '热线/1' is no name"),
        ({"stages": {"accepted": {"at": "opened", "optional": True}}}, "the first one can't be optional"),
        ({"stages": {"closed": {"at": "finished", "optional": "yes"}}}, "stages.closed: optional is true or false"),
        ({"city": "atlantis"}, "atlantis"),
        ({"topic": "city.nothing.v1"}, "city.nothing.v1"),
    ],
)
def test_a_wrong_mapping_is_refused_and_the_place_named(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        mapping_from(mapping_with(**changes), "test")
    assert fault in str(caught.value)


def test_a_mapping_that_leaves_a_required_field_out_is_refused() -> None:
    with pytest.raises(CityBrainError) as caught:
        mapping_from({**MAPPING, "fields": {"channel": {"constant": "phone"}}}, "test")
    assert "the contract requires case_id" in caught.value.why


def test_a_mapping_with_tokens_is_not_applied_without_keys(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="makes tokens"):
        adapted(
            tmp_path,
            "A,new,2021-01-01 10:00:00,,,1",
            header=f"{HEADER},phone",
            fields={"reporter_token": {"token": "phone"}},
        )


def test_events_leave_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    rows = [f"C{i},done,2021-01-{i % 28 + 1:02d} 10:00:00,2021-02-{i % 5 + 1:02d} 10:00:00," for i in range(200)]
    moments: list[datetime] = adapted(tmp_path, *rows).events.get_column("event_at_utc").to_list()
    assert len(moments) == 400
    assert moments == sorted(moments)
    assert isinstance(adapted(tmp_path, *rows).events, pl.DataFrame)
