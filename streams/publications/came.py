"""Why a final figure changed: what came in between two publications, found by comparing, cell by cell.

What became known or landed after the last publication is laid down beside the build, as dbt's login, which may read the
event log: cases with the days, places and units of their whole life, and whether one of the new events opened them
again or corrected a time. Sources without cases are told by city and day. A restated cell then asks, in this order:

1. has its definition changed, or made way for another version? `definition`
2. did any of that come for its city, source, period, place and unit? `reopened`, `correction` or `late_data`
3. have the city's areas, grids or units changed? `reference_data`
4. else what the one who publishes says, or the code: `correction`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.builds.kept import SCHEMA as KEPT
from streams.contracts.published import published_table
from streams.contracts.registry import Contract, contracts
from streams.contracts.staging import said_of
from streams.warehouse.connection import one_row

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

MEANING = (
    "formula", "unit", "scale", "numerator_zh", "denominator_zh", "time_basis_zh", "exclusions_zh", "requires",
    "small_cell_k", "source", "period_types", "finest_area_level", "valid_from",
)  # fmt: skip
"""Columns of a definition that decide its numbers; another name or owner restates nothing."""

_TABLES = """
drop table if exists {schema}.came_case, {schema}.came_day, {schema}.came_area, {schema}.came_unit;
create table {schema}.came_case (
    case_no bigint generated always as identity primary key, city_code text not null, source text not null,
    subject text not null, is_reopened boolean not null, is_corrected boolean not null, is_anywhere boolean not null
);
create table {schema}.came_day (day date not null, case_no bigint not null, primary key (day, case_no));
create table {schema}.came_area (case_no bigint not null, area_code text not null, primary key (case_no, area_code));
create table {schema}.came_unit (case_no bigint not null, unit_code text not null, primary key (case_no, unit_code));
create temporary table came_event (
    source text not null, city_code text not null, subject text not null, event_id text not null, day date not null
) on commit drop;
"""

_CASES = """
insert into {schema}.came_case (city_code, source, subject, is_reopened, is_corrected, is_anywhere)
select
    came.city_code, came.source, came.subject, coalesce(bool_or(stage.stage = 'reopened'), false),
    coalesce(bool_or(stage.basis = 'corrected'), false), false
from came_event as came
inner join {kept}.int_case__stage_events as stage
    on
        came.city_code = stage.city_code and came.source = stage.source and came.subject = stage.case_id
        and came.event_id = stage.event_id
group by came.city_code, came.source, came.subject;

create temporary table came_stage on commit drop as
select came.case_no, stage.event_at_utc, stage.unit_code, stage.street_code, stage.community_code, stage.grid_code
from {schema}.came_case as came
inner join {kept}.int_case__stage_events as stage
    on came.city_code = stage.city_code and came.source = stage.source and came.subject = stage.case_id;

-- A local day lies at most a day from the one in UTC: near a period's edge a case belongs to both.
insert into {schema}.came_day
select distinct (event_at_utc + shift)::date, case_no
from came_stage, (values (interval '0'), (interval '14 hours'), (interval '-12 hours')) as zones (shift);

insert into {schema}.came_unit select distinct case_no, unit_code from came_stage where unit_code <> '';

insert into {schema}.came_area
select distinct case_no, area_code
from came_stage, unnest(array[street_code, community_code, grid_code]) as areas (area_code)
where area_code <> '';
"""

_OTHERS = """
with told as (
    insert into {schema}.came_case (city_code, source, subject, is_reopened, is_corrected, is_anywhere)
    select distinct city_code, source, day::text, false, false, true from came_event where source <> all(%s)
    returning case_no, subject
)

insert into {schema}.came_day
select (subject::date + shift), case_no from told, generate_series(-1, 1) as near (shift)
"""

_INDICES = "analyze {schema}.came_case, {schema}.came_day, {schema}.came_area, {schema}.came_unit"


@dataclass(frozen=True)
class Since:
    """The last publication: its number, how far each partition was read, and as of when (UTC, ISO) by city."""

    publication_id: int
    data_version: dict[str, dict[str, int]]
    data_as_of: dict[str, str]


def newest(connection: Connection) -> Since | None:
    """The last publication; None before the first."""
    row = connection.execute(
        "select publication_id, data_version, data_as_of from published.publication"
        " order by publication_id desc limit 1"
    ).fetchone()
    return Since(row[0], json.loads(row[1]), json.loads(row[2])) if row else None


def lay_down(connection: Connection, schema: str, since: Since, until: str | None) -> None:
    """Tables `came_*` of the hidden schema: what the build may know and the last publication did not.

    `until`: the instant (UTC, ISO) that the build is as of; None: all that has landed.
    """
    connection.execute(_TABLES.format(schema=schema))
    for contract in contracts().values():
        _note_events(connection, contract, since, until)
    cases = [one.source_key for one in contracts().values() if one.is_case_topic]
    (is_kept,) = one_row(connection, f"select to_regclass('{KEPT}.int_case__stage_events') is not null")
    if is_kept:
        connection.execute(_CASES.format(schema=schema, kept=KEPT))
    connection.execute(_OTHERS.format(schema=schema), (cases,))
    connection.execute(_INDICES.format(schema=schema))


def _note_events(connection: Connection, contract: Contract, since: Since, until: str | None) -> None:
    subject = said_of(contract, contract.field(contract.subject_field).column)
    reached = {int(part): offset for part, offset in since.data_version.get(contract.topic, {}).items()}
    beyond = [f"(kafka_partition = {part} and kafka_offset > {offset})" for part, offset in reached.items()]
    unknown = f"kafka_partition <> all(array[{', '.join(map(str, reached))}]::int[])"
    connection.execute(
        f"insert into came_event select %(source)s, event.city_code, {subject}, event.event_id, event.event_date"
        f" from {contract.raw_table} as event"
        " left join jsonb_each_text(%(as_of)s::jsonb) as known (city_code, at) on event.city_code = known.city_code"
        f" where ({' or '.join([*beyond, unknown])} or known.at is null or event.known_at_utc > known.at::timestamp)"
        " and (%(until)s::timestamp is null or event.known_at_utc <= %(until)s::timestamp)",
        {"source": contract.source_key, "as_of": json.dumps(since.data_as_of), "until": until},
    )


def cause_of(cell: str, schema: str) -> str:
    """SQL of the cause of a restated cell, an alias of frozen.indicator_value.

    Parameters of the statement: `number`, the publication that restates; `has_new_areas`, whether reference data has
    changed; `otherwise`, the cause where comparing finds none.
    """
    ours, theirs = (", ".join(f"{side}.{name}" for name in MEANING) for side in ("ended", "begun"))
    same_version = " and ".join(f"begun.{key} = ended.{key}" for key in published_table("indicator_definition").cell)
    return f"""
        coalesce(
            (
                select 'definition'
                from frozen.indicator_definition as ended
                left join frozen.indicator_definition as begun
                    on begun.from_publication_id = %(number)s and {same_version}
                where
                    ended.until_publication_id = %(number)s and ended.indicator_id = {cell}.indicator_id
                    and ended.indicator_version = {cell}.indicator_version
                    and row({ours}) is distinct from row({theirs})
            ),
            (
                select
                    case
                        when bool_or(came.is_reopened) then 'reopened'
                        when bool_or(came.is_corrected) then 'correction'
                        when count(*) > 0 then 'late_data'
                    end
                from {schema}.came_day as days
                inner join {schema}.came_case as came on days.case_no = came.case_no
                where
                    days.day >= {cell}.period_start and days.day < {cell}.period_end
                    and came.city_code = {cell}.city_code and coalesce({cell}.source, '') in ('', came.source)
                    and (
                        came.is_anywhere or {cell}.area_level = 'city' or exists (
                            select 1 from {schema}.came_area as areas
                            where areas.case_no = came.case_no and areas.area_code = {cell}.area_code
                        )
                    )
                    and (
                        came.is_anywhere or {cell}.unit_code = '' or exists (
                            select 1 from {schema}.came_unit as units
                            where units.case_no = came.case_no and units.unit_code = {cell}.unit_code
                        )
                    )
            ),
            case when %(has_new_areas)s then 'reference_data' end,
            %(otherwise)s
        )"""
