-- What the streams write beside the event log: ledger, identities, dead letters, lag.
-- Run as the owner; safe to run again.

create schema if not exists ops;

create table if not exists ops.load_ledger (
    app_id text not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    first_offset bigint not null,
    last_offset bigint not null,
    n_records bigint not null,
    n_landed bigint not null,
    n_rejected bigint not null,
    n_duplicate bigint not null,
    n_replayed bigint not null,
    checksum text,
    committed_at_utc timestamp not null default (now() at time zone 'UTC'),
    primary key (app_id, batch_id, topic, partition),
    check (n_records = n_landed + n_rejected + n_duplicate)
);
create index if not exists load_ledger_reach on ops.load_ledger (topic, partition, last_offset);
comment on table ops.load_ledger is
'装载台账：每批次每分区一行，与数据同一事务提交。One row per batch and partition, committed with its rows.';
comment on column ops.load_ledger.n_rejected is
'Records that broke a rule; a replay that fails again is counted here too.';
comment on column ops.load_ledger.n_replayed is
'Records among n_records that `citybrain dlq replay` sent again.';
comment on column ops.load_ledger.checksum is
'MD5 over the content hashes of the landed rows in order of their offsets.';

create table if not exists ops.lake_ledger (
    app_id text not null,
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    first_offset bigint not null,
    last_offset bigint not null,
    n_bronze bigint not null,
    n_silver bigint not null,
    committed_at_utc timestamp not null default (now() at time zone 'UTC'),
    primary key (app_id, batch_id, topic, partition)
);
create index if not exists lake_ledger_reach on ops.lake_ledger (topic, partition, last_offset);
comment on table ops.lake_ledger is
'数据湖台账：每批次每分区一行，写湖之后登记。One row per batch and partition, written after the lake''s commits.';

create table if not exists ops.event_identity (
    identity uuid primary key,
    content_hash uuid not null,
    event_date date not null
);
comment on table ops.event_identity is
'事件身份：去重用。One row per landed event; identity is the MD5 of topic, source and event id.';

create table if not exists ops.dead_letter (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    rule_id text not null,
    reason text not null,
    city_code text,
    event_source text,
    dead_at_utc timestamp not null default (now() at time zone 'UTC'),
    state text not null check (state in ('new', 'replayed', 'dropped')),
    state_reason text not null,
    state_at_utc timestamp not null default (now() at time zone 'UTC'),
    replay_count integer not null default 0,
    dlq_partition integer not null,
    dlq_offset bigint not null,
    primary key (topic, partition, "offset")
);
comment on table ops.dead_letter is
'死信：每条被拒收的原始消息一行，无内容。One row per rejected record, named by where it first stood; no payload.';
comment on column ops.dead_letter.state is
'new: waits for people; replayed: sent again and not rejected since; dropped: its payload was not kept.';
comment on column ops.dead_letter.dlq_offset is
'Where its bytes are on <topic>.dlq; a crash may leave an older copy there.';

create or replace view ops.dlq_summary as
select
    topic,
    rule_id,
    state,
    count(*) as records,
    min(dead_at_utc) as first_dead_at_utc,
    max(dead_at_utc) as last_dead_at_utc,
    sum(replay_count) as replays
from ops.dead_letter
group by topic, rule_id, state;
comment on view ops.dlq_summary is '死信汇总：每主题、规则、状态一行。One row per topic, rule and state; counts only.';

create table if not exists ops.source_hour (
    topic text not null,
    city_code text not null,
    hour_utc timestamp not null,
    landed bigint not null,
    late bigint not null,
    duplicate bigint not null,
    rejected bigint not null,
    unknown_codes bigint not null,
    new_fields bigint not null,
    primary key (topic, city_code, hour_utc)
);
comment on table ops.source_hour is
'来源到达：每主题、城市、接入小时一行，随落地事务更新。One row per topic, city and hour of landing, kept by the transactions that land.';
comment on column ops.source_hour.city_code is 'City; empty text = rejects that name none.';
comment on column ops.source_hour.unknown_codes is 'Landed events with a code that no register of the city has.';
comment on column ops.source_hour.new_fields is 'Landed events with a field that the contract does not know.';

create table if not exists ops.source_finding (
    topic text not null,
    city_code text not null,
    kind text not null,
    field text not null,
    code text not null,
    events bigint not null,
    first_at_utc timestamp not null,
    last_at_utc timestamp not null,
    primary key (topic, city_code, kind, field, code)
);
alter table ops.source_finding drop constraint if exists source_finding_kind_check;
alter table ops.source_finding
add constraint source_finding_kind_check check (kind in ('unknown_code', 'new_field', 'left_out'));
comment on table ops.source_finding is
'来源异常：未登记代码、合同外字段、剔除的值，每项一行。One row per unknown code, new field or kind of value left out, kept by the transactions that land.';
comment on column ops.source_finding.code is
'The code, empty for a field, the reason for a value left out; (other) = what may be no code: odd characters, personal data, the tail of a batch.';

create table if not exists ops.lag (
    topic text not null,
    partition integer not null,
    end_offset bigint not null,
    landed_offset bigint not null,
    lake_offset bigint not null,
    at_utc timestamp not null,
    primary key (topic, partition)
);
comment on table ops.lag is
'积压：每分区一行。One row per partition: the broker''s end offset, and the next one that raw and the lake want.';

create table if not exists ops.part (
    part text primary key,
    looked_at_utc timestamp not null,
    healthy_at_utc timestamp not null
);
comment on table ops.part is
'部件：每个启动过的部件一行。One row per part of the stack that was ever healthy: when the watch last looked, and last found it so.';

-- Only an owner may attach partitions; the loader gets exactly this, for tables of the event log and no others.
-- LIKE and ATTACH instead of PARTITION OF: readers of the parent are not locked out.
-- A partition is a month: by the day, the eleven tables of 15 months cost 89 s, 450 MB and 10,000 locks per query.
create or replace function ops.ensure_day_partition(table_name text, day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    month date := date_trunc('month', day);
    part text := table_name || '_' || to_char(month, 'YYYYMM');
begin
    if not exists (
        select from pg_partitioned_table as p
        inner join pg_class as c on c.oid = p.partrelid
        where c.relnamespace = 'raw'::regnamespace and c.relname = table_name
    ) then
        raise exception 'raw.% is no table of the event log', table_name;
    end if;
    if to_regclass(format('raw.%I', part)) is null then
        execute format('create table raw.%I (like raw.%I including all)', part, table_name);
        execute format('create index on raw.%I using brin (kafka_partition, kafka_offset)', part);
        execute format('create index on raw.%I using brin (event_at_utc)', part);
        execute format(
            'alter table raw.%I attach partition raw.%I for values from (%L) to (%L)',
            table_name, part, month, (month + interval '1 month')::date
        );
    end if;
end
$$;

-- Version 0.1 had a partition per day: their rows move into the months.
do $$
declare
    daily constant text[] := array(
        select part.relname
        from pg_inherits as i
        inner join pg_class as part on part.oid = i.inhrelid
        where part.relnamespace = 'raw'::regnamespace and part.relname ~ '_[0-9]{8}$'
        order by 1
    );
    part text;
    table_name text;
    day date;
begin
    foreach part in array daily loop
        execute format('alter table raw.%I detach partition raw.%I', left(part, -9), part);
    end loop;
    foreach part in array daily loop
        table_name := left(part, -9);
        day := to_date(right(part, 8), 'YYYYMMDD');
        perform ops.ensure_day_partition(table_name, day);
        -- Straight into the month: by way of the table, its trigger would count the rows as landed again.
        execute format(
            'insert into raw.%I select * from raw.%I', table_name || '_' || to_char(day, 'YYYYMM'), part
        );
        execute format('drop table raw.%I', part);
    end loop;
end
$$;
