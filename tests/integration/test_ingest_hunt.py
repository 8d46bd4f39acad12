"""The hunt in a real PostgreSQL: a planted person is found wherever a column may hide one."""

from __future__ import annotations

import psycopg

from streams.settings import Settings
from tests.fixtures.hunt import Find, hunt_postgres


def test_a_canary_is_found_in_any_column_type_and_only_in_the_schemas_asked_for(postgres: Settings) -> None:
    with psycopg.connect(postgres.warehouse_url) as connection:
        connection.execute(
            """
            create schema hunted;
            create schema spared;
            create table hunted.plain (a text, b bigint);
            create table hunted."Odd Name" (j jsonb, l text[]);
            create table hunted.clean (a text, b date);
            create view hunted.seen as select a from hunted.plain;
            create table spared.dlq (a text);
            insert into hunted.plain values ('电话139 1234 5678', 1), (null, 13800000000);
            insert into hunted."Odd Name" values ('{"n": ["王建国"]}', '{云A12345}');
            insert into hunted.clean values ('139 1234', '2026-01-01');
            insert into spared.dlq values ('13912345678');
            """
        )
        canaries = ["13912345678", "13800000000", "王建国", "云A12345", "13700000000"]
        finds = hunt_postgres(connection, canaries, ["hunted"])
        connection.rollback()
    assert sorted(finds, key=lambda find: (find.place, find.canary)) == [
        Find("云A12345", 'hunted."Odd Name"'),
        Find("王建国", 'hunted."Odd Name"'),
        Find("13800000000", "hunted.plain"),
        Find("13912345678", "hunted.plain"),
        Find("13912345678", "hunted.seen"),
    ]
