-- What a run did and what the gate said; `ops.source_progress` is the clock of each source.
-- Run as the owner; safe to run again.

create table if not exists ops.schema_version (
    version bigint generated always as identity primary key,
    checksum text not null,
    code_version text not null,
    applied_at_utc timestamp not null default (now() at time zone 'UTC')
);
comment on table ops.schema_version is '结构版本：每次结构变更一行。One row per change of the DDL; the last one is in force.';

create table if not exists ops.pipeline_run (
    run_id text not null,
    kind text not null check (kind in ('build', 'gate', 'publish')),
    state text not null check (state in ('running', 'succeeded', 'red', 'skipped', 'failed', 'stale')),
    started_at_utc timestamp not null,
    ended_at_utc timestamp,
    detail text not null default '{}',
    primary key (run_id, kind)
);
comment on table ops.pipeline_run is '运行记录：每次运行的每一步一行，重跑覆盖。One row per run and step; a repeated step overwrites its row.';
comment on column ops.pipeline_run.state is
'running, succeeded, red (the gate judged: not fit), skipped (nothing new to publish), failed, stale (built again since).';
comment on column ops.pipeline_run.detail is 'JSON: data version, code version, figures; the reason of a failure. No payloads.';

create table if not exists ops.quality_result (
    run_id text not null,
    dataset text not null,
    rule text not null,
    severity text not null check (severity in ('critical', 'warning')),
    passed boolean not null,
    observed text not null,
    expected text not null,
    detail text not null,
    at_utc timestamp not null,
    title_zh text not null,
    owner text not null,
    city_code text not null default '',
    source text not null default '',
    primary key (run_id, dataset, rule, city_code, source)
);
alter table ops.quality_result
add column if not exists city_code text not null default '', add column if not exists source text not null default '';
alter table ops.quality_result drop constraint if exists quality_result_pkey;
alter table ops.quality_result add primary key (run_id, dataset, rule, city_code, source);
comment on table ops.quality_result is
'质检结果：每次运行、数据集、规则一行，未通过的按城市与来源各一行；只有数目，没有样本。One row per run, dataset and rule; one per city and source where it failed for them alone; counts, never samples.';
comment on column ops.quality_result.city_code is '城市代码，空为整体。City that is held back by it; empty text = the whole run.';
comment on column ops.quality_result.source is '来源，空为该城市全部来源。Source that is held back by it; empty text = all of the city.';

create table if not exists ops.publication_content (
    publication_id bigint not null,
    table_name text not null,
    period text not null,
    columns text not null,
    row_count bigint not null,
    checksum text not null,
    primary key (publication_id, table_name, period)
);
comment on table ops.publication_content is
'发布内容指纹：每次发布每张表每个周期一行。One row per publication, table and period: its columns (JSON) and the checksum over them.';

create table if not exists ops.source_info (
    city_code text not null,
    topic text not null,
    source text not null,
    source_name_zh text not null,
    city_name_zh text not null,
    mode text not null,
    owner_zh text not null,
    contact text not null,
    silent_after_days integer not null,
    primary key (city_code, topic)
);
comment on table ops.source_info is '数据来源：各城市的责任单位与联系方式。One row per city and topic, from the contracts and city files; empty owner = not known.';

create table if not exists ops.rule_info (
    rule_id text primary key,
    title_zh text not null
);
comment on table ops.rule_info is '拒收规则：编号与中文名。One row per dead-letter rule, from the code.';

create table if not exists ops.source_progress (
    topic text not null,
    city_code text not null,
    landed bigint not null,
    late bigint not null,
    first_event_at_utc timestamp not null,
    last_event_at_utc timestamp not null,
    last_known_at_utc timestamp not null,
    last_landed_at_utc timestamp not null,
    primary key (topic, city_code)
);
alter table ops.source_progress add column if not exists lane integer not null default 0;
alter table ops.source_progress drop constraint if exists source_progress_pkey;
alter table ops.source_progress add constraint source_progress_pkey primary key (topic, city_code, lane);
comment on table ops.source_progress is
'来源进度：每主题每城市每通道一行，随落地事务更新。One row per topic, city and lane, kept by the transactions that land events.';

-- As its owner, so that the loader can't write the counts in another way. The topic is the trigger's argument.
create or replace function ops.note_progress() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into ops.source_progress as known
    select
        tg_argv[0], city_code, count(*), count(*) filter (where is_late), min(event_at_utc), max(event_at_utc),
        max(known_at_utc), max(ingested_at_utc), min(kafka_partition)
    from landed
    group by city_code
    order by city_code
    on conflict (topic, city_code, lane) do update set
        landed = known.landed + excluded.landed,
        late = known.late + excluded.late,
        first_event_at_utc = least(known.first_event_at_utc, excluded.first_event_at_utc),
        last_event_at_utc = greatest(known.last_event_at_utc, excluded.last_event_at_utc),
        last_known_at_utc = greatest(known.last_known_at_utc, excluded.last_known_at_utc),
        last_landed_at_utc = greatest(known.last_landed_at_utc, excluded.last_landed_at_utc);
    return null;
end
$$;

create table if not exists ops.redated_case (
    announcement integer not null,
    city_code text not null,
    source text not null,
    case_id text not null,
    due_before_utc timestamp,
    due_after_utc timestamp,
    is_provisional boolean not null,
    redated_at_utc timestamp not null
);
comment on table ops.redated_case is
'期限重算：每次公布日历每件移动期限的在办事项一行。One row per announcement of a calendar year and open case that it moves.';
