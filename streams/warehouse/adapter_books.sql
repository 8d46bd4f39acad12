-- What the adapters did not take: rows of files that never became events, by rule. Written by `citybrain ingest`.
-- Run as the owner, after ops.sql; safe to run again.

create table if not exists ops.adapter_file (
    file_id text primary key,
    city_code text not null,
    topic text not null,
    event_source text not null,
    mapping text not null,
    rows_read bigint not null,
    rows_rejected bigint not null,
    taken_in_at_utc timestamp not null,
    run_names text[] not null default '{}',
    check (rows_rejected between 0 and rows_read)
);
alter table ops.adapter_file add column if not exists run_names text[] not null default '{}';
comment on table ops.adapter_file is
'接入文件：每个文件每个映射一行，重新接入则覆盖。One row per file and mapping; taken in again it is overwritten.';
comment on column ops.adapter_file.file_id is 'Of the file''s bytes and the mapping''s name; no file name, which may hold one of a person.';
comment on column ops.adapter_file.rows_rejected is 'Rows that became no event; each is in the reject file with its place and reason.';
comment on column ops.adapter_file.run_names is
'Runs that sent its events; with the last of them undone the file leaves the books.';

create table if not exists ops.adapter_rule (
    file_id text not null references ops.adapter_file (file_id) on delete cascade,
    rule text not null,
    outcome text not null,
    title_zh text not null,
    rows bigint not null,
    primary key (file_id, rule)
);
comment on table ops.adapter_rule is
'接入规则：每个文件每条规则一行，只有数目。One row per file and rule that touched some of its rows; counts only.';
comment on column ops.adapter_rule.outcome is
'rejected: the row is not taken; left_out: taken without a value; told: taken as it is.';

create or replace view ops.adapter_health as
with newest as (
    select topic, city_code, max(taken_in_at_utc) as last_file_at_utc
    from ops.adapter_file
    group by 1, 2
),

-- As on the wire: the last 24 hours in which something came, so that a bad day is not diluted by a good year.
counted as (
    select
        file.topic, file.city_code, newest.last_file_at_utc, sum(file.rows_read)::bigint as rows_read,
        sum(file.rows_rejected)::bigint as rows_rejected,
        (sum(file.rows_read) filter (where file.taken_in_at_utc > newest.last_file_at_utc - interval '24 hours'))::bigint
            as recent_rows_read,
        (sum(file.rows_rejected) filter (where file.taken_in_at_utc > newest.last_file_at_utc - interval '24 hours'))::bigint
            as recent_rows_rejected
    from ops.adapter_file as file
    inner join newest on file.topic = newest.topic and file.city_code = newest.city_code
    group by 1, 2, 3
),

by_rule as (
    select file.topic, file.city_code, rule.outcome, rule.title_zh, sum(rule.rows)::bigint as rows
    from ops.adapter_rule as rule
    inner join ops.adapter_file as file on rule.file_id = file.file_id
    group by 1, 2, 3, 4
),

words as (
    select
        topic, city_code,
        string_agg(title_zh || rows || '行', '、' order by rows desc, title_zh) filter (where outcome = 'rejected')
            as rejected_by_rule_zh,
        string_agg(title_zh || rows || '行', '、' order by rows desc, title_zh) filter (where outcome <> 'rejected')
            as findings_zh
    from by_rule
    group by 1, 2
)

select
    counted.topic,
    counted.city_code,
    counted.last_file_at_utc,
    counted.rows_read,
    counted.rows_rejected,
    counted.recent_rows_read,
    counted.recent_rows_rejected,
    coalesce(words.rejected_by_rule_zh, '') as rejected_by_rule_zh,
    coalesce(words.findings_zh, '') as findings_zh
from counted
left join words on counted.topic = words.topic and counted.city_code = words.city_code;
comment on view ops.adapter_health is
'接入健康：每城市每来源一行。One row per city and source that came by files: rows read, rejected by rule, findings.';
