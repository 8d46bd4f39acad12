"""The warehouse's DDL on a real PostgreSQL: who may do what, what can never be changed, how it is applied again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from streams.books import state
from streams.contracts.published import published_tables
from streams.contracts.registry import cities, contracts
from streams.errors import CityBrainError
from streams.quality.measures import arrivals
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import (
    built_and_judged,
    fetch,
    good_rows,
    load_reference,
    own_database,
    own_warehouse,
    run_sql,
)

HOTLINE = "city.hotline.ticket.v1"


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_database(postgres, "test_ddl", lake) as settings:
        assert ddl.apply(settings)
        load_reference(settings)
        built_and_judged(settings, "hidden", good_rows())
        yield settings


ONE = {
    "raw": "raw.ref_city",
    "ops": "ops.load_ledger",
    "verdict": "ops.quality_result",
    "run": "ops.pipeline_run",
    "wap": "wap_hidden.indicator_value",
    "frozen": "frozen.indicator_value",
    "published": "published.publication",
    "view": "published.current_indicator_value",
    "health": "published.data_health",
    "live": "live.event_5min",
}
"""A relation of each kind."""

VERBS = {"s": "select", "i": "insert", "u": "update", "d": "delete", "t": "truncate"}

MATRIX = {
    "loader": {"raw": "siudt", "ops": "siud", "verdict": "s", "run": "s"},
    "dbt": {"raw": "s", "ops": "s", "verdict": "s", "run": "s", "wap": "siudt"},
    "publisher": {
        "ops": "s",
        "verdict": "sid",
        "run": "siu",
        "wap": "s",
        "frozen": "si",
        "published": "si",
        "view": "s",
        "health": "s",
    },
    "reader": {"published": "s", "view": "s", "health": "s", "live": "s"},
}
"""Login -> relation -> first letters of what it may do."""


@pytest.mark.parametrize("role", MATRIX)
def test_a_login_has_exactly_its_rights(warehouse: Settings, role: str) -> None:
    # By oid, so that a missing right on the schema is an answer and not an error.
    oids = {name: fetch(warehouse, f"select '{relation}'::regclass::oid")[0][0] for name, relation in ONE.items()}
    checks = ", ".join(
        f"has_schema_privilege('{relation.partition('.')[0]}', 'usage') and has_table_privilege({oids[name]}, '{verb}')"
        for name, relation in ONE.items()
        for verb in VERBS.values()
    )
    answers = iter(fetch(warehouse, f"select {checks}", role=role)[0])
    found = {name: "".join(letter for letter in VERBS if next(answers)) for name in ONE}
    assert {name: rights for name, rights in found.items() if rights} == MATRIX[role]


@pytest.mark.parametrize(
    "relation",
    ["raw.ref_city", "raw.hotline_ticket", "ops.dead_letter", "wap_hidden.case_fact", "frozen.case_fact"],
)
def test_the_reader_sees_nothing_behind_the_published_door(warehouse: Settings, relation: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        fetch(warehouse, f"select * from {relation}", role="reader")


@pytest.mark.parametrize(
    "statement",
    [
        "create table published.mine (n integer)",
        "create temporary table mine (n integer)",
        "create schema mine",
        "insert into published.publication (publication_id) values (1)",
        "copy published.publication to program 'true'",
        "select pg_read_file('/etc/hostname')",
        "set role cb_publisher",
        "select ops.ensure_month_partition('hotline_ticket', date '2026-01-01')",
    ],
)
def test_the_reader_can_write_nowhere_even_in_a_writing_transaction(warehouse: Settings, statement: str) -> None:
    with connect(warehouse, "reader", autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_the_reader_is_read_only_and_limited_by_default(warehouse: Settings) -> None:
    settings = {
        name: fetch(warehouse, f"show {name}", role="reader")[0][0]
        for name in ("default_transaction_read_only", "statement_timeout", "search_path", "timezone")
    }
    assert settings == {
        "default_transaction_read_only": "on",
        "statement_timeout": "1min",
        "search_path": "published, live, pg_catalog",
        "timezone": "UTC",
    }


def test_a_stranger_may_not_even_connect(warehouse: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(warehouse.role_url("superset", "test_ddl"))


KEPT = [f"{'frozen' if table.from_dbt else 'published'}.{table.name}" for table in published_tables()]
"""Where the rows of each published relation lie."""


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("statement", ["delete from {}", "truncate {} cascade"])
def test_what_is_published_is_never_changed_not_even_by_the_owner(
    warehouse: Settings, table: str, statement: str
) -> None:
    for role, error in (
        ("owner", psycopg.errors.RaiseException),
        ("publisher", psycopg.errors.InsufficientPrivilege),
    ):
        with pytest.raises(error), connect(warehouse, role) as connection:
            connection.execute(statement.format(table).encode())


@pytest.mark.parametrize("table", KEPT)
def test_the_publisher_may_write_no_column_of_a_row_that_is_there_but_its_end(warehouse: Settings, table: str) -> None:
    columns = fetch(
        warehouse,
        "select attname from pg_attribute where attnum > 0 and not attisdropped"
        f" and attrelid = '{table}'::regclass and has_column_privilege('cb_publisher', attrelid, attnum, 'update')",
    )
    assert columns == ([("until_publication_id",)] if table.startswith("frozen.") else [])


def test_applying_again_changes_nothing_and_says_so(warehouse: Settings) -> None:
    before = fetch(warehouse, "select version, checksum from ops.schema_version")
    assert ddl.apply(warehouse) is False
    assert fetch(warehouse, "select version, checksum from ops.schema_version") == before


def test_an_older_state_is_brought_forward_without_losing_rows(warehouse: Settings) -> None:
    run_sql(warehouse, "update ops.schema_version set checksum = 'of older code'; drop view live.event_5min cascade")
    cities = fetch(warehouse, "select count(*) from raw.ref_city")
    assert ddl.apply(warehouse) is True
    assert fetch(warehouse, "select count(*) from raw.ref_city") == cities
    assert fetch(warehouse, "select count(*) from live.event_5min", role="reader") == [(0,)]


def test_missing_logins_are_named(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ddl.ROLES, "reader", "cb_nobody")
    with pytest.raises(CityBrainError, match="cb_nobody") as caught:
        ddl.apply(warehouse)
    assert "citybrain up" in caught.value.remedy


def test_a_warehouse_that_is_down_is_a_clear_error(warehouse: Settings) -> None:
    nowhere = replace(warehouse, warehouse_url_override="postgresql://citybrain:x@127.0.0.1:1/citybrain")
    with pytest.raises(CityBrainError, match="does not answer") as caught:
        ddl.apply(nowhere)
    assert "citybrain up" in caught.value.remedy


def land(settings: Settings, at: datetime, count: int, street: str | None, late: bool = False) -> None:
    """Events of new cases, one a second, as the loader lands them."""
    contract = contracts()[HOTLINE]
    with connect(settings, "loader") as connection:
        connection.execute("select ops.ensure_month_partition(%s, %s)", (contract.table, at.date()))
        names = (
            "event_id, event_source, event_type, event_at_utc, recorded_at_utc, ingested_at_utc, known_at_utc,"
            " event_date, city_code, case_id, stage, street_code, locate_method, is_late, late_by_minutes,"
            " content_hash, kafka_partition, kafka_offset"
        )
        with connection.cursor() as cursor, cursor.copy(f"copy {contract.raw_table} ({names}) from stdin") as out:
            for number in range(count):
                moment = at + timedelta(seconds=number)
                key = f"{at:%H%M}-{street}-{number}"
                out.write_row(
                    (
                        *(key, "/shuifu/12345", "t", moment, moment, moment, moment, at.date(), "shuifu", key),
                        *("accepted", street, "polygon", late, 0, key, 0, number),
                    )
                )


@pytest.fixture
def landed(warehouse: Settings) -> Settings:
    run_sql(warehouse, "truncate raw.hotline_ticket; truncate ops.source_progress")
    land(warehouse, datetime(2026, 9, 30, 8, 0), 12, "s1")
    land(warehouse, datetime(2026, 9, 30, 8, 0), 9, "s2")
    land(warehouse, datetime(2026, 9, 30, 8, 5), 11, None, late=True)
    land(warehouse, datetime(2026, 9, 29, 8, 5), 20, "s1")
    return warehouse


def test_the_live_view_shows_counts_and_hides_small_ones(landed: Settings) -> None:
    rows = fetch(
        landed,
        "select source, street_code, bucket_at_utc::text, events, events_label, audit_state_zh from live.event_5min"
        " order by 3, 2",
        role="reader",
    )
    assert rows == [
        ("hotline.ticket", "s1", "2026-09-30 08:00:00", 12, "12", "未审核"),
        ("hotline.ticket", "s2", "2026-09-30 08:00:00", None, "<10", "未审核"),
        ("hotline.ticket", "", "2026-09-30 08:05:00", 11, "11", "未审核"),
    ]


def test_an_hour_is_not_told_where_what_its_five_minutes_withhold_would_follow(landed: Settings) -> None:
    question = "select source, hour_zh, events, events_label, is_latest_hour from live.source_hour order by 1, 2"
    assert fetch(landed, question, role="reader") == [("hotline.ticket", "30日 16:00", None, "<10", True)]
    land(landed, datetime(2026, 9, 30, 8, 10), 5, "s3")  # now 9 and 5 are withheld, which tells of neither
    assert fetch(landed, question, role="reader") == [("hotline.ticket", "30日 16:00", 37, "37", True)]


def test_the_live_view_has_no_column_of_a_case(warehouse: Settings) -> None:
    names = {
        row[0]
        for row in fetch(warehouse, "select column_name from information_schema.columns where table_schema = 'live'")
    }
    assert len(names) > 5
    assert not names & {"case_id", "event_id", "longitude", "latitude", "detection_id", "device_id", "grid_code"}


def test_landing_keeps_the_clock_of_each_source(landed: Settings) -> None:
    rows = fetch(landed, "select topic, city_code, landed, late, last_event_at_utc::text from ops.source_progress")
    assert rows == [(HOTLINE, "shuifu", 52, 11, "2026-09-30 08:05:10")]


def test_the_loader_can_not_write_the_clock_itself(warehouse: Settings) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connect(warehouse, "loader") as connection:
        connection.execute("update ops.source_progress set landed = 0")


def test_data_health_speaks_of_each_source_before_anything_was_published(landed: Settings) -> None:
    run_sql(
        landed,
        f"""
        truncate ops.dead_letter;
        insert into ops.dead_letter (topic, "partition", "offset", rule_id, reason, city_code, state, state_reason,
            dlq_partition, dlq_offset)
        values ('{HOTLINE}', 0, 1, 'bad_time', 'x', 'shuifu', 'new', '', 0, 0),
            ('{HOTLINE}', 0, 2, 'bad_time', 'x', 'shuifu', 'dropped', '', 0, 1),
            ('{HOTLINE}', 0, 3, 'not_json', 'x', null, 'new', '', 0, 2)
        """,
    )
    rows = fetch(
        landed,
        "select city_code, source, owner_zh, contact, landed, late, dead_lettered, dead_letters_waiting"
        " from published.data_health order by city_code, source",
        role="reader",
    )
    one = contracts()[HOTLINE]
    quiet = [("shuifu", c.source_key, c.owner, c.contact, 0, 0, 0, 0) for c in contracts().values() if c is not one]
    loud = [
        ("", "hotline.ticket", "", "", 0, 0, 1, 1),
        ("shuifu", "hotline.ticket", one.owner, one.contact, 52, 11, 2, 1),
    ]
    assert rows == sorted(quiet + loud)
    assert len(rows) == 12


def test_data_health_says_in_words_what_the_owner_of_a_source_should_know(landed: Settings) -> None:
    run_sql(
        landed,
        f"""
        truncate ops.dead_letter, ops.source_hour, ops.source_finding;
        insert into ops.source_progress values
            ('city.sign.observation.v1', 'shuifu', 10, 0, '2026-09-01', '2026-09-10', '2026-09-10', '2026-09-10');
        insert into ops.source_hour values
            ('{HOTLINE}', 'shuifu', '2026-09-29 07:00', 40, 0, 0, 60, 0, 0),
            ('{HOTLINE}', 'shuifu', '2026-09-30 08:00', 52, 11, 7, 1, 9, 3),
            ('{HOTLINE}', '', '2026-09-30 08:00', 0, 0, 0, 12, 0, 0);
        insert into ops.source_finding
            select '{HOTLINE}', 'shuifu', 'unknown_code', 'unit_code', 'u' || n, n, now(), now()
            from generate_series(1, 5) as n;
        insert into ops.source_finding values ('{HOTLINE}', 'shuifu', 'new_field', 'colour', '', 3, now(), now())
        """,
    )
    shown = {
        (city, source): (state, silent, days)
        for city, source, state, silent, days in fetch(
            landed,
            "select city_code, source, source_state_zh, is_silent, round(silent_days) from published.data_health",
            role="reader",
        )
    }
    assert shown["shuifu", "hotline.ticket"] == (
        "近24小时接入的60条中拒收1条，占1.7%；未登记代码：单位＝u5（5条）、单位＝u4（4条）、单位＝u3（3条）等5种；"
        "合同外字段：colour（3条）；迟到11条，占21.2%",
        False,
        0,
    )
    days = contracts()["city.sign.observation.v1"].silent_after_days
    assert shown["shuifu", "sign.observation"] == (f"已20.3天无数据，上限{days}天", True, 20)
    assert shown["shuifu", "petition.matter"] == ("从未收到数据", False, None)


def test_a_city_shows_its_own_owner_and_never_another_citys(landed: Settings) -> None:
    run_sql(
        landed,
        f"insert into ops.source_progress values ('{HOTLINE}', 'chicago', 5, 0, '2026-09-01', '2026-09-10',"
        " '2026-09-10', '2026-09-10')",
    )
    rows = fetch(
        landed,
        "select city_code, owner_zh, contact from published.data_health where source = 'hotline.ticket'"
        " and city_code <> '' order by 1",
        role="reader",
    )
    run_sql(landed, "delete from ops.source_progress where city_code = 'chicago'")
    one, chicago = contracts()[HOTLINE], cities()["chicago"]
    assert chicago.owner_of(one) != cities()["shuifu"].owner_of(one) == (one.owner, one.contact)
    assert rows == [("chicago", *chicago.owner_of(one)), ("shuifu", one.owner, one.contact)]
    assert chicago.owner_of(contracts()["city.petition.matter.v1"]) == ("", ""), "nobody is known"


def test_a_total_of_a_topic_stands_on_one_row_alone_so_that_it_adds_up(landed: Settings) -> None:
    run_sql(landed, "truncate ops.dead_letter, ops.source_hour")
    tell_lag(landed, records=7, seconds_ago=5)
    rows = fetch(
        landed,
        "select city_code, topic_lag_records, source_state_zh from published.data_health"
        " where source = 'hotline.ticket' order by 1",
        role="reader",
    )
    assert [row[:2] for row in rows] == [("", 7), ("shuifu", None)]
    assert rows[0][2] == "待接入7条" and "待接入" not in rows[1][2]
    tell_lag(landed, records=0, seconds_ago=5)
    found = fetch(landed, "select count(*) from published.data_health where city_code = ''", role="reader")
    assert found == [(0,)], "a topic without a lag has no row of its own"


def tell_lag(settings: Settings, *, records: int, seconds_ago: float) -> None:
    run_sql(
        settings,
        f"""
        delete from ops.lag;
        insert into ops.lag select '{HOTLINE}', 0, 50 + {records}, 50, 50,
            now() at time zone 'UTC' - interval '{seconds_ago} seconds'
        """,
    )


def tell_parts(settings: Settings, **seconds_ago: tuple[float, float]) -> None:
    """Part -> when the watch last looked, and last found it healthy, in seconds before now."""
    run_sql(settings, "delete from ops.part")
    for part, (looked, healthy) in seconds_ago.items():
        run_sql(
            settings,
            f"insert into ops.part select '{part}', now() at time zone 'UTC' - interval '{looked} seconds',"
            f" now() at time zone 'UTC' - interval '{healthy} seconds'",
        )


def platform(settings: Settings) -> tuple[str, str, set[str]]:
    """The platform's state, the reason beside the figures, and the words of the hotline's owner."""
    rows = fetch(
        settings,
        "select platform_zh, reason_zh, source_state_zh from published.data_health where source = 'hotline.ticket'",
        role="reader",
    )
    assert rows and len({row[:2] for row in rows}) == 1
    return str(rows[0][0]), str(rows[0][1]), {str(row[2]) for row in rows}


def test_dead_streams_do_not_look_healthy_to_readers(landed: Settings) -> None:
    tell_parts(landed, streams=(5, 5), kafka=(5, 5))
    tell_lag(landed, records=0, seconds_ago=30)
    state, reason, words = platform(landed)
    assert state == "正常" and "流处理" not in reason and not any("接入已停" in one for one in words)
    tell_lag(landed, records=0, seconds_ago=250)
    state, reason, words = platform(landed)
    assert state == "流处理已4分钟没有回应"
    assert reason.endswith(state) and "正常" not in reason
    assert words and all("接入已停，积压情况自" in one for one in words)
    tell_lag(landed, records=0, seconds_ago=3 * 86400 + 60)
    assert platform(landed)[0] == "流处理已3天没有回应"


def test_a_part_that_does_not_answer_is_told_by_the_watch_and_the_watch_by_the_warehouse(landed: Settings) -> None:
    tell_lag(landed, records=0, seconds_ago=5)
    tell_parts(landed, kafka=(5, 5), superset=(5, 50), airflow=(5, 700))
    assert platform(landed)[0] == "任务调度已11分钟没有回应；看板服务已近1分钟没有回应"
    tell_parts(landed, kafka=(70, 70), superset=(70, 900))
    assert platform(landed)[0] == "部件监视已1分钟没有回应", "what it saw last is not known to be so now"
    tell_parts(landed)
    assert platform(landed)[0] == "正常", "what never ran is not missed"
    tell_lag(landed, records=0, seconds_ago=5)


def test_every_column_that_readers_see_of_the_present_is_explained(landed: Settings) -> None:
    rows = fetch(
        landed,
        """
        select c.relname, a.attname, col_description(c.oid, a.attnum)
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        where c.oid in (
            'published.data_health'::regclass, 'published.indicator_change'::regclass, 'published.case_mix'::regclass,
            'live.event_5min'::regclass, 'live.source_hour'::regclass
        )
        """,
    )
    views = {"data_health", "indicator_change", "case_mix", "event_5min", "source_hour"}
    assert {name for name, _, _ in rows} == views and len(rows) > 90
    assert [(view, column) for view, column, words in rows if not (words and "。" in words)] == []


def test_a_record_without_a_city_is_measured_by_its_whole_topic(landed: Settings) -> None:
    run_sql(
        landed,
        f"""
        truncate ops.dead_letter, ops.source_hour;
        insert into ops.dead_letter (topic, "partition", "offset", rule_id, reason, state, state_reason, dlq_partition,
            dlq_offset) values ('{HOTLINE}', 0, 1, 'not_json', 'x', 'new', '', 0, 0);
        insert into ops.source_hour values ('{HOTLINE}', 'shuifu', '2026-09-30 08:00', 30, 0, 0, 0, 0, 0),
            ('{HOTLINE}', '', '2026-09-30 08:00', 0, 0, 0, 10, 0, 0)
        """,
    )
    shown = {row.city_code: (row.reject_share, row.recent_records) for row in arrivals(landed).itertuples()}
    assert shown == {"": (0.25, 40), "shuifu": (0.0, 30)}


def test_an_event_log_by_the_day_moves_into_months_whole(postgres: Settings, tmp_path: Path) -> None:
    with own_warehouse(postgres, "test_months", tmp_path) as settings:
        land(settings, datetime(2026, 8, 31, 8), 5, "s1")
        land(settings, datetime(2026, 9, 30, 8), 3, "s1")
        progress = fetch(settings, "select * from ops.source_progress")
        for day in ("2026-08-31", "2026-09-30"):
            month, name = day[:7].replace("-", ""), day.replace("-", "")
            run_sql(
                settings,
                f"""
                alter table raw.hotline_ticket detach partition raw.hotline_ticket_{month};
                alter table raw.hotline_ticket_{month} rename to hotline_ticket_{name};
                alter table raw.hotline_ticket attach partition raw.hotline_ticket_{name}
                    for values from ('{day}') to (date '{day}' + 1);
                """,
            )
        run_sql(settings, "delete from ops.schema_version")
        assert ddl.apply(settings)
        found = fetch(
            settings, "select tableoid::regclass::text, count(*) from raw.hotline_ticket group by 1 order by 1"
        )
        assert found == [("raw.hotline_ticket_202608", 5), ("raw.hotline_ticket_202609", 3)]
        assert fetch(settings, "select * from ops.source_progress") == progress


@pytest.mark.parametrize(
    "call",
    [
        "select ops.ensure_month_partition('hotline_ticket', date '2012-02-03')",
        "select ops.ensure_ledger_day(date '2012-02-03')",
    ],
)
def test_two_tasks_that_need_the_same_new_partition_both_get_it(warehouse: Settings, call: str) -> None:
    with connect(warehouse, "loader") as first, connect(warehouse, "loader") as second:
        first.execute(call)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(second.execute, call)
            with pytest.raises(TimeoutError):
                waiting.result(1.0)
            first.commit()
            waiting.result(60)


BOOKS_OF_0_1 = """
drop table ops.load_ledger, ops.event_identity, ops.progress cascade;
create table ops.load_ledger (
    app_id text not null, batch_id bigint not null, topic text not null, partition integer not null,
    first_offset bigint not null, last_offset bigint not null, n_records bigint not null, n_landed bigint not null,
    n_rejected bigint not null, n_duplicate bigint not null, n_replayed bigint not null, checksum text,
    committed_at_utc timestamp not null default (now() at time zone 'UTC'),
    primary key (app_id, batch_id, topic, partition)
);
create index load_ledger_reach on ops.load_ledger (topic, partition, last_offset);
create table ops.lake_ledger (
    app_id text, batch_id bigint, topic text, partition integer, first_offset bigint, last_offset bigint,
    n_bronze bigint, n_silver bigint, committed_at_utc timestamp
);
create table ops.event_identity (identity uuid primary key, content_hash uuid not null, event_date date not null);
insert into ops.load_ledger values
    ('land', 0, 'city.hotline.ticket.v1', 2, 5, 9, 5, 3, 1, 1, 0, 'x', '2026-10-01 08:00'),
    ('land', 1, 'city.hotline.ticket.v1', 2, 10, 19, 10, 10, 0, 0, 2, 'x', '2026-10-02 08:00');
insert into ops.lake_ledger values ('lake', 0, 'city.hotline.ticket.v1', 2, 5, 9, 4, 3, '2026-10-01 08:01');
insert into ops.event_identity
select md5(n::text)::uuid, md5(n::text)::uuid, '2026-10-01' from generate_series(1, 13) as n;
delete from ops.schema_version;
"""


def test_the_books_of_an_older_version_move_into_days_parts_and_one_row_per_partition(
    postgres: Settings, tmp_path: Path
) -> None:
    with own_warehouse(postgres, "test_books", tmp_path) as settings:
        run_sql(settings, BOOKS_OF_0_1)
        assert ddl.apply(settings)
        with connect(settings, "loader") as connection:
            known = state.progress(connection)
        moved = known["city.hotline.ticket.v1", 2]
        assert (moved.first, moved.reached, moved.lake_reached) == (5, 19, 9)
        assert (moved.records, moved.landed, moved.rejected, moved.duplicate, moved.replayed) == (15, 13, 1, 1, 2)
        days = fetch(settings, "select tableoid::regclass::text, count(*) from ops.load_ledger group by 1 order by 1")
        assert days == [("ops.load_ledger_20261001", 1), ("ops.load_ledger_20261002", 1)]
        parts = fetch(settings, "select count(*), count(distinct tableoid) > 1 from ops.event_identity")
        assert parts == [(13, True)]
        assert fetch(settings, "select to_regclass('ops.lake_ledger'), to_regclass('ops.load_ledger_before')") == [
            (None, None)
        ]
        run_sql(settings, "delete from ops.schema_version")
        assert ddl.apply(settings), "and again changes nothing"
        with connect(settings, "loader") as connection:
            assert state.progress(connection) == known


def test_a_suppressed_cell_with_a_number_is_refused_by_the_table_itself(warehouse: Settings) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), connect(warehouse, "publisher") as connection:
        connection.execute(
            "insert into frozen.indicator_value select 1, null, v.* from wap_hidden.indicator_value as v limit 1"
        )
        connection.execute(
            "insert into frozen.indicator_value (from_publication_id, city_code, indicator_id, indicator_version,"
            " variant, period_type, period_start, period_end, area_level, area_code, unit_code, breakdown_type,"
            " breakdown_code, value, status, suppressed, suppression_reason, na_reason, city_name_zh,"
            " indicator_name_zh, area_name_zh, unit_name_zh, is_latest_month, is_latest_final)"
            " values (1, 'c', 'R02', 1, 'raw', 'month', '2026-08-01', '2026-09-01', 'city', 'a', '', '', '', 0.5,"
            " 'final', true, 'small_cell', '', '', '', '', '', false, false)"
        )
