-- What the streams write beside the event log: progress, ledger, identities, dead letters, lag.
-- Run as the owner; safe to run again.

create schema if not exists ops;

-- One row per partition, for ever: whoever asks how far anybody is reads these few rows and no history.
create table if not exists ops.progress (
    topic text not null,
    partition integer not null,
    first_offset bigint not null,
    reached bigint not null,
    n_records bigint not null default 0,
    n_landed bigint not null default 0,
    n_rejected bigint not null default 0,
    n_duplicate bigint not null default 0,
    n_replayed bigint not null default 0,
    n_dropped bigint not null default 0,
    landed_at_utc timestamp not null default (now() at time zone 'UTC'),
    lake_reached bigint not null default -1,
    lake_at_utc timestamp,
    primary key (topic, partition),
    check (n_records = n_landed + n_rejected + n_duplicate + n_dropped)
) with (fillfactor = 20);
comment on table ops.progress is
'进度：每主题每分区一行，与数据同一事务更新。One row per topic and partition, updated in the transaction of the rows it counts.';
comment on column ops.progress.reached is '已处理到的位移。Last offset whose record has its fate: landed, rejected or duplicate.';
comment on column ops.progress.n_landed is 'Events in the event log now: what was taken out again is in n_dropped instead.';
comment on column ops.progress.n_rejected is 'Records that broke a rule; a replay that fails again is counted here too.';
comment on column ops.progress.n_replayed is 'Records among n_records that `citybrain dlq replay` sent again.';
comment on column ops.progress.n_dropped is 'Landed once and taken out again: a mistaken load, or older than RAW_RETENTION_DAYS.';
comment on column ops.progress.lake_reached is '数据湖已写到的位移。Last offset that the lake holds; it may lag.';

-- Version 0.1 kept its books in one table without end; its rows move into days, its sums into ops.progress.
do $$
begin
    if (select relkind from pg_class where oid = to_regclass('ops.load_ledger')) = 'r' then
        alter table ops.load_ledger rename to load_ledger_before;
        alter table ops.load_ledger_before rename constraint load_ledger_pkey to load_ledger_before_pkey;
        drop index if exists ops.load_ledger_reach;
    end if;
    if (select relkind from pg_class where oid = to_regclass('ops.event_identity')) = 'r' then
        alter table ops.event_identity rename to event_identity_before;
        alter table ops.event_identity_before rename constraint event_identity_pkey to event_identity_before_pkey;
    end if;
end
$$;

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
    primary key (topic, partition, first_offset, committed_at_utc),
    check (n_records = n_landed + n_rejected + n_duplicate)
) partition by range (committed_at_utc);
comment on table ops.load_ledger is
'装载台账：每事务每分区一行，按日分区，仅供审计。One row per transaction and partition, in days; for audits alone, pruned with the rest.';
comment on column ops.load_ledger.app_id is 'The query''s checkpoint, by name.';
comment on column ops.load_ledger.n_rejected is
'Records that broke a rule; a replay that fails again is counted here too.';
comment on column ops.load_ledger.n_replayed is
'Records among n_records that `citybrain dlq replay` sent again.';
comment on column ops.load_ledger.checksum is
'MD5 over the content hashes of the landed rows in order of their offsets.';

create table if not exists ops.event_identity (
    identity uuid not null primary key,
    content_hash uuid not null,
    event_date date not null
) partition by hash (identity);
comment on table ops.event_identity is
'事件身份：去重用，按身份散列分区。One row per landed event, in 16 parts by hash; identity is the MD5 of topic, source and event id.';
do $$
begin
    for part in 0..15 loop
        execute format(
            'create table if not exists ops.event_identity_%s partition of ops.event_identity'
            ' for values with (modulus 16, remainder %s)', part, part
        );
    end loop;
end
$$;

create table if not exists ops.dropped (
    at_utc timestamp not null default (now() at time zone 'UTC'),
    cause text not null check (cause in ('undo', 'retention')),
    run_name text not null,
    reason text not null,
    topic text not null,
    partition integer not null,
    n_events bigint not null,
    first_event_date date not null,
    last_event_date date not null
);
comment on table ops.dropped is
'移出台账：已落地后又移出的事件，每次每分区一行，含原因。Landed events taken out again: one row per time and partition, with the reason.';
comment on column ops.dropped.run_name is 'The load that was undone; empty for retention.';

create table if not exists ops.fusion_run (
    run_number bigint generated always as identity primary key,
    mode text not null check (mode in ('full', 'incremental')),
    n_reports bigint not null,
    n_incidents bigint not null,
    n_fresh bigint not null,
    n_changed bigint not null,
    n_gone bigint not null,
    n_aliases bigint not null,
    lake_position text not null,
    code_fingerprint text not null,
    checksum text not null,
    committed_at_utc timestamp not null default (clock_timestamp() at time zone 'UTC')
);
comment on table ops.fusion_run is
'事件归并台账：每次写入一行，与其数据同一事务。One row per fusion that wrote links, in the transaction of its rows.';
comment on column ops.fusion_run.n_fresh is 'Reports that were new or newly tied.';
comment on column ops.fusion_run.n_changed is 'Links written; those that stayed as they were are not among them.';
comment on column ops.fusion_run.lake_position is 'JSON: last offset of each topic and partition that the lake held.';
comment on column ops.fusion_run.code_fingerprint is 'Of the code and knowledge that fused; another one fuses all anew.';
comment on column ops.fusion_run.checksum is 'SHA-256 over (city, source, subject, incident_id) of all links in that order.';

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
-- Two transactions never hold one partition, so none waits for another's row: a lane is the first partition that the
-- transaction holds. Readers sum over lanes.
alter table ops.source_hour add column if not exists lane integer not null default 0;
alter table ops.source_hour drop constraint if exists source_hour_pkey;
alter table ops.source_hour add constraint source_hour_pkey primary key (topic, city_code, hour_utc, lane);
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
alter table ops.source_finding add column if not exists lane integer not null default 0;
alter table ops.source_finding drop constraint if exists source_finding_pkey;
alter table ops.source_finding add constraint source_finding_pkey primary key (topic, city_code, kind, field, code, lane);
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
-- The lock is taken only where a month is missing, and holds up neither writers nor readers. It must be the table's
-- own: whoever waited for an advisory lock still believes the month missing, for only a table's lock makes a session
-- look at the catalogue anew.
drop function if exists ops.ensure_day_partition(text, date);
create or replace function ops.ensure_month_partition(table_name text, day date) returns void
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
    if to_regclass(format('raw.%I', part)) is not null then
        return;
    end if;
    execute format('lock table raw.%I in share update exclusive mode', table_name);
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

create or replace function ops.ensure_ledger_day(day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := 'load_ledger_' || to_char(day, 'YYYYMMDD');
begin
    if to_regclass(format('ops.%I', part)) is not null then
        return;
    end if;
    lock table ops.load_ledger in share update exclusive mode;
    if to_regclass(format('ops.%I', part)) is null then
        execute format('create table ops.%I (like ops.load_ledger including all)', part);
        execute format(
            'alter table ops.load_ledger attach partition ops.%I for values from (%L) to (%L)', part, day, day + 1
        );
    end if;
end
$$;
select ops.ensure_ledger_day((now() at time zone 'UTC')::date);

do $$
declare
    day date;
begin
    if to_regclass('ops.load_ledger_before') is not null then
        for day in select distinct committed_at_utc::date from ops.load_ledger_before loop
            perform ops.ensure_ledger_day(day);
        end loop;
        insert into ops.load_ledger select * from ops.load_ledger_before;
        insert into ops.progress (
            topic, partition, first_offset, reached, n_records, n_landed, n_rejected, n_duplicate, n_replayed,
            landed_at_utc, lake_reached, lake_at_utc
        )
        select
            landed.*, coalesce(lake.reached, -1), lake.at_utc
        from (
            select
                topic, partition, min(first_offset), max(last_offset), sum(n_records), sum(n_landed),
                sum(n_rejected), sum(n_duplicate), sum(n_replayed), max(committed_at_utc)
            from ops.load_ledger_before
            group by topic, partition
        ) as landed
        left join (
            select topic, partition, max(last_offset) as reached, max(committed_at_utc) as at_utc
            from ops.lake_ledger
            group by topic, partition
        ) as lake on landed.topic = lake.topic and landed.partition = lake.partition;
        drop table ops.load_ledger_before;
    end if;
    drop table if exists ops.lake_ledger;
    if to_regclass('ops.event_identity_before') is not null then
        insert into ops.event_identity select * from ops.event_identity_before;
        drop table ops.event_identity_before;
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
        perform ops.ensure_month_partition(table_name, day);
        -- Straight into the month: by way of the table, its trigger would count the rows as landed again.
        execute format(
            'insert into raw.%I select * from raw.%I', table_name || '_' || to_char(day, 'YYYYMM'), part
        );
        execute format('drop table raw.%I', part);
    end loop;
end
$$;
