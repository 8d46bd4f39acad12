-- What may be seen of the present: live aggregates (provisional) and the health of the data.
-- Run as the owner; views are replaced as a whole. ddl.py fills in the union over the topics.

drop view if exists live.event_5min;
create view live.event_5min with (security_barrier) as
with city_clock as (
    select
        city.city_code,
        city.name_zh as city_name_zh,
        city.time_zone,
        city.small_cell_k,
        case city.clock
            when 'recorded' then max(progress.last_known_at_utc) else now() at time zone 'UTC'
        end as now_utc
    from raw.ref_city as city
    inner join ops.source_progress as progress on city.city_code = progress.city_code
    where city.mode = 'live'
    group by city.city_code
),

event as (
    {live_events}
),

cell as (
    select
        city_code,
        source,
        source_name_zh,
        street_code,
        date_bin('5 minutes', event_at_utc, timestamp '2000-01-01') as bucket_at_utc,
        count(*) as events
    from event
    group by 1, 2, 3, 4, 5
)

select
    cell.city_code,
    clock.city_name_zh,
    cell.source,
    cell.source_name_zh,
    coalesce(cell.street_code, '') as street_code,
    coalesce(area.name_zh, '未定位') as street_name_zh,
    cell.bucket_at_utc,
    cell.bucket_at_utc at time zone 'UTC' at time zone clock.time_zone as bucket_local,
    case when cell.events >= clock.small_cell_k then cell.events end as events,
    case
        when cell.events >= clock.small_cell_k then cell.events::text else '<' || clock.small_cell_k
    end as events_label,
    cell.events < clock.small_cell_k as suppressed,
    '未审核' as audit_state_zh
from cell
inner join city_clock as clock on cell.city_code = clock.city_code
left join lateral (
    select newest.name_zh
    from raw.ref_area as newest
    where newest.city_code = cell.city_code and newest.area_code = cell.street_code
    order by newest.valid_from desc
    limit 1
) as area on true;

comment on view live.event_5min is
'实时态势（未审核）：近6小时各来源、街镇每5分钟的事件数，小于阈值显示为“<10”。Provisional: events of the last 6 hours by source, town and 5 minutes.';
comment on column live.event_5min.events is '事件数，小于阈值为空。Events; null under the city''s k.';
comment on column live.event_5min.events_label is '显示文字。The count, or <k.';

drop view if exists published.data_health;
create view published.data_health with (security_barrier) as
with ledger as (
    select topic, sum(n_duplicate) as duplicates, max(committed_at_utc) as last_batch_at_utc
    from ops.load_ledger
    group by topic
),

dead as (
    select topic, coalesce(city_code, '') as city_code, count(*) as dead_lettered,
        count(*) filter (where state = 'new') as dead_letters_waiting
    from ops.dead_letter
    group by 1, 2
),

lag as (
    select topic, sum(end_offset - landed_offset) as lag_records, max(at_utc) as lag_at_utc
    from ops.lag
    group by topic
),

gate as (
    select run_id, state, started_at_utc, ended_at_utc, detail
    from ops.pipeline_run
    where kind = 'gate' and state in ('succeeded', 'red')
    order by started_at_utc desc
    limit 1
),

finding as (
    select
        result.run_id,
        string_agg(result.title_zh || '：' || result.detail, '；' order by result.dataset, result.rule)
            filter (where result.severity = 'critical') as failed_rules_zh,
        string_agg(result.title_zh || '：' || result.detail, '；' order by result.dataset, result.rule)
            filter (where result.severity = 'warning') as warnings_zh
    from ops.quality_result as result
    inner join gate on result.run_id = gate.run_id
    where not result.passed
    group by result.run_id
),

latest_run as (
    select run_id, kind, state, started_at_utc, detail
    from ops.pipeline_run
    where state <> 'stale'
    order by started_at_utc desc
    limit 1
),

publication as (
    select publication_id, run_id, published_at_utc, data_as_of::jsonb as data_as_of
    from published.publication
    order by publication_id desc
    limit 1
),

source as (
    select
        info.*, progress.landed, progress.late, progress.last_event_at_utc, progress.last_known_at_utc,
        progress.last_landed_at_utc
    from ops.source_info as info
    left join ops.source_progress as progress on info.city_code = progress.city_code and info.topic = progress.topic
    where info.mode = 'live' or progress.landed is not null
),

-- Dead letters that name no city can't be laid at any city's door; they have a row of their own.
every_source as (
    select
        city_code, city_name_zh, topic, source, source_name_zh, mode, owner_zh, contact, landed, late,
        last_event_at_utc, last_known_at_utc, last_landed_at_utc
    from source
    union all
    select
        dead.city_code, case dead.city_code when '' then '无法识别城市' else dead.city_code end, dead.topic,
        info.source, info.source_name_zh, '', info.owner_zh, info.contact, null, null, null, null, null
    from dead
    inner join (select distinct topic, source, source_name_zh, owner_zh, contact from ops.source_info) as info
        on dead.topic = info.topic
    where not exists (
        select 1 from source where source.topic = dead.topic and source.city_code = dead.city_code
    )
)

select
    source.city_code,
    source.city_name_zh,
    source.source,
    source.source_name_zh,
    source.mode,
    source.owner_zh,
    source.contact,
    source.last_event_at_utc,
    source.last_known_at_utc,
    source.last_landed_at_utc,
    coalesce(source.landed, 0) as landed,
    coalesce(source.late, 0) as late,
    coalesce(dead.dead_lettered, 0) as dead_lettered,
    coalesce(dead.dead_letters_waiting, 0) as dead_letters_waiting,
    coalesce(ledger.duplicates, 0)::bigint as topic_duplicates,
    coalesce(lag.lag_records, 0)::bigint as topic_lag_records,
    lag.lag_at_utc,
    gate.run_id as gate_run_id,
    gate.ended_at_utc as gate_at_utc,
    case
        when gate.run_id is null then 'none'
        when gate.state = 'red' then 'red'
        when finding.warnings_zh is not null then 'warning'
        else 'green'
    end as gate_verdict,
    case
        when gate.run_id is null then '尚未质检'
        when gate.state = 'red' then '未通过'
        when finding.warnings_zh is not null then '通过，有提醒'
        else '通过'
    end as gate_verdict_zh,
    coalesce(finding.failed_rules_zh, '') as failed_rules_zh,
    coalesce(finding.warnings_zh, '') as warnings_zh,
    case
        when latest_run.state = 'failed' and latest_run.kind = 'build' then '最近一次构建失败，沿用上一次发布'
        when latest_run.state = 'failed' and latest_run.kind = 'gate' then '最近一次质检未能完成，沿用上一次发布'
        when latest_run.state = 'failed' then '最近一次发布失败，沿用上一次发布'
        when gate.state = 'red' then '质检未通过，沿用上一次发布。' || coalesce(finding.failed_rules_zh, '')
        when publication.publication_id is null then '尚无发布'
        else '正常'
    end as reason_zh,
    latest_run.run_id as last_run_id,
    publication.publication_id,
    publication.run_id as publication_run_id,
    publication.published_at_utc,
    (publication.data_as_of ->> source.city_code)::timestamp as data_as_of_utc
from every_source as source
left join ledger on source.topic = ledger.topic
left join dead on source.topic = dead.topic and source.city_code = dead.city_code
left join lag on source.topic = lag.topic
left join gate on true
left join finding on gate.run_id = finding.run_id
left join latest_run on true
left join publication on true;

comment on view published.data_health is
'数据健康：每来源一行，随时更新，含最近一次质检结论与原因。One row per city and source, always current: arrivals, rejects, the last verdict and why.';
comment on column published.data_health.city_code is '城市代码，空为无法识别。City; empty text = a reject that names none.';
comment on column published.data_health.source is '来源。Topic without city. and .v1.';
comment on column published.data_health.owner_zh is '责任单位。Body that answers for the source.';
comment on column published.data_health.contact is '联系方式。Of the body.';
comment on column published.data_health.landed is '落地事件数。Distinct events that landed.';
comment on column published.data_health.late is '迟到事件数。Landed, but later than the contract allows.';
comment on column published.data_health.dead_lettered is '拒收数。Distinct rejected records.';
comment on column published.data_health.dead_letters_waiting is '待处理拒收数。Rejected, neither replayed nor dropped.';
comment on column published.data_health.topic_duplicates is '重复数（整个主题）。Exact repeats in the whole topic, all cities.';
comment on column published.data_health.topic_lag_records is
'积压数（整个主题）。Records not yet read in the whole topic, all cities.';
comment on column published.data_health.gate_verdict is '质检结论：green、warning、red、none。Verdict of the last gate.';
comment on column published.data_health.failed_rules_zh is '未通过的规则及原因。Critical rules that failed, with figures.';
comment on column published.data_health.warnings_zh is '提醒。Warnings, with figures.';
comment on column published.data_health.reason_zh is '状态说明。Why the figures shown are what they are.';
comment on column published.data_health.data_as_of_utc is
'数据截至。As-of instant of the city in the last publication (UTC).';
