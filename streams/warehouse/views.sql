-- What may be seen of the present: live aggregates (provisional) and the health of the data.
-- Run as the owner; views are replaced as a whole. ddl.py fills in the union over the topics.

drop view if exists live.source_hour;
drop view if exists live.event_5min;
drop view if exists published.data_health;
drop view if exists ops.platform_fault;
drop view if exists ops.source_health;
drop view if exists ops.city_clock;

create view ops.city_clock as
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
group by city.city_code;
comment on view ops.city_clock is
'城市时钟：每个实时接入的城市一行。One row per live city: its present, by our clock or, where it lives by recorded time, by what it knew last.';

create view live.event_5min with (security_barrier) as
with city_clock as (
    select * from ops.city_clock
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
comment on column live.event_5min.city_code is '城市代码。City.';
comment on column live.event_5min.city_name_zh is '城市。Name of the city.';
comment on column live.event_5min.source is '来源代码。Topic without city. and .v1.';
comment on column live.event_5min.source_name_zh is '来源。Name of the source.';
comment on column live.event_5min.street_code is '街镇代码，空为未定位。Town; empty text = not located.';
comment on column live.event_5min.street_name_zh is '街镇。Name of the town.';
comment on column live.event_5min.bucket_at_utc is '时段起点（UTC）。Start of the five minutes.';
comment on column live.event_5min.bucket_local is '时段起点（当地时间）。The same by the city''s clock.';
comment on column live.event_5min.suppressed is '是否隐去。True where the count is under the city''s k.';
comment on column live.event_5min.audit_state_zh is '审核状态，恒为未审核。Always 未审核: live figures are provisional.';
comment on column live.event_5min.events is '事件数，小于阈值为空。Events; null under the city''s k.';
comment on column live.event_5min.events_label is '显示文字。The count, or <k.';

-- Each city and source that is expected or was heard. A row without a city holds the rejects that name none and what
-- the topic has not read yet, so that no total of a topic stands beside several cities.
create view ops.source_health as
with hourly as (
    select
        topic, city_code, sum(duplicate)::bigint as duplicates, sum(rejected)::bigint as rejected,
        sum(unknown_codes)::bigint as unknown_codes, sum(new_fields)::bigint as new_fields
    from ops.source_hour
    group by 1, 2
),

-- A topic's last 24 hours in which something came: what was wrong for a day is not diluted by a good year.
-- Rejects that name no city are measured by all records of their topic.
recent as (
    select
        hour.topic, hour.city_code,
        case hour.city_code
            when '' then sum(sum(hour.landed + hour.duplicate + hour.rejected)) over (partition by hour.topic)
            else sum(hour.landed + hour.duplicate + hour.rejected)
        end::bigint as recent_records,
        sum(hour.rejected)::bigint as recent_rejected
    from ops.source_hour as hour
    inner join (select topic, max(hour_utc) as last_hour_utc from ops.source_hour group by topic) as newest
        on hour.topic = newest.topic and hour.hour_utc > newest.last_hour_utc - interval '24 hours'
    group by 1, 2
),

dead as (
    select
        topic, city_code, sum(letters)::bigint as dead_lettered, sum(waiting)::bigint as dead_letters_waiting,
        string_agg(title_zh || letters || '条', '、' order by letters desc, rule_id) as rejected_by_rule_zh
    from (
        select
            letter.topic, coalesce(letter.city_code, '') as city_code, letter.rule_id,
            coalesce(rule.title_zh, letter.rule_id) as title_zh, count(*) as letters,
            count(*) filter (where letter.state = 'new') as waiting
        from ops.dead_letter as letter
        left join ops.rule_info as rule on letter.rule_id = rule.rule_id
        group by 1, 2, 3, 4
    ) as by_rule
    group by 1, 2
),

finding as (
    select
        topic, city_code,
        string_agg(
            case field
                when 'category_code' then '类别' when 'unit_code' then '单位' when 'area_code' then '区划'
                when 'device_id' then '设备' when 'sign_code' then '体征' else field
            end || '＝' || code || '（' || events || '条）', '、' order by events desc, field, code
        )
            filter (where kind = 'unknown_code' and place <= 3)
        || case when count(*) filter (where kind = 'unknown_code') > 3
            then '等' || count(*) filter (where kind = 'unknown_code') || '种' else '' end as unknown_codes_zh,
        string_agg(field || '（' || events || '条）', '、' order by events desc, field)
            filter (where kind = 'new_field' and place <= 3)
        || case when count(*) filter (where kind = 'new_field') > 3
            then '等' || count(*) filter (where kind = 'new_field') || '个' else '' end as new_fields_zh,
        string_agg(
            case code
                when 'zero' then '坐标为零'
                when 'half' then '坐标缺一半'
                when 'swapped' then '经纬度颠倒'
                when 'far' then '坐标远在城外'
                else case field when 'point' then '坐标' else field end || '超出范围'
            end || '（' || events || '条）', '、' order by events desc, field, code
        ) filter (where kind = 'left_out') as left_out_zh
    from (
        select *, row_number() over (partition by topic, city_code, kind order by events desc, field, code) as place
        from (
            select topic, city_code, kind, field, code, sum(events) as events
            from ops.source_finding
            group by 1, 2, 3, 4, 5
        ) as lanes
    ) as ranked
    group by 1, 2
),

progress as (
    select
        topic, city_code, sum(landed)::bigint as landed, sum(late)::bigint as late,
        max(last_event_at_utc) as last_event_at_utc, max(last_known_at_utc) as last_known_at_utc,
        max(last_landed_at_utc) as last_landed_at_utc
    from ops.source_progress
    group by 1, 2
),

known as (
    select
        info.city_code, info.city_name_zh, info.topic, info.source, info.source_name_zh, info.mode, info.owner_zh,
        info.contact, info.silent_after_days, progress.landed, progress.late, progress.last_event_at_utc,
        progress.last_known_at_utc, progress.last_landed_at_utc
    from ops.source_info as info
    left join progress on info.city_code = progress.city_code and info.topic = progress.topic
    left join ops.adapter_health as adapter on info.city_code = adapter.city_code and info.topic = adapter.topic
    where info.mode = 'live' or progress.landed is not null or adapter.rows_read > 0
),

expected as (
    select * from known
    union all
    select
        stray.city_code, case stray.city_code when '' then '不分城市' else stray.city_code end, stray.topic,
        info.source, info.source_name_zh, '', '', '', null, null, null, null, null, null
    from (
        select topic, city_code from dead
        union distinct
        select topic, '' from ops.lag group by topic having sum(end_offset - landed_offset) > 0
    ) as stray
    inner join (select distinct topic, source, source_name_zh from ops.source_info) as info
        on stray.topic = info.topic
    where not exists (select 1 from known where known.topic = stray.topic and known.city_code = stray.city_code)
)

select
    expected.city_code,
    expected.city_name_zh,
    expected.topic,
    expected.source,
    expected.source_name_zh,
    expected.mode,
    expected.owner_zh,
    expected.contact,
    expected.last_event_at_utc,
    expected.last_known_at_utc,
    expected.last_landed_at_utc,
    coalesce(expected.landed, 0) as landed,
    coalesce(expected.late, 0) as late,
    coalesce(hourly.duplicates, 0) as duplicates,
    coalesce(hourly.rejected, 0) as rejected,
    coalesce(recent.recent_records, 0) as recent_records,
    coalesce(recent.recent_rejected, 0) as recent_rejected,
    coalesce(dead.dead_lettered, 0) as dead_lettered,
    coalesce(dead.dead_letters_waiting, 0) as dead_letters_waiting,
    coalesce(dead.rejected_by_rule_zh, '') as rejected_by_rule_zh,
    coalesce(hourly.unknown_codes, 0) as unknown_codes,
    coalesce(finding.unknown_codes_zh, '') as unknown_codes_zh,
    coalesce(hourly.new_fields, 0) as new_fields,
    coalesce(finding.new_fields_zh, '') as new_fields_zh,
    coalesce(finding.left_out_zh, '') as left_out_zh,
    expected.silent_after_days,
    case
        when clock.now_utc > expected.last_event_at_utc
            then extract(epoch from clock.now_utc - expected.last_event_at_utc)::double precision / 86400
        when clock.now_utc is not null and expected.last_event_at_utc is not null then 0
    end as silent_days,
    adapter.last_file_at_utc,
    coalesce(adapter.rows_read, 0) as adapter_rows,
    coalesce(adapter.rows_rejected, 0) as adapter_rejected,
    coalesce(adapter.recent_rows_read, 0) as recent_adapter_rows,
    coalesce(adapter.recent_rows_rejected, 0) as recent_adapter_rejected,
    coalesce(adapter.rejected_by_rule_zh, '') as adapter_rejected_by_rule_zh,
    coalesce(adapter.findings_zh, '') as adapter_findings_zh
from expected
left join ops.adapter_health as adapter on expected.topic = adapter.topic and expected.city_code = adapter.city_code
left join hourly on expected.topic = hourly.topic and expected.city_code = hourly.city_code
left join recent on expected.topic = recent.topic and expected.city_code = recent.city_code
left join dead on expected.topic = dead.topic and expected.city_code = dead.city_code
left join finding on expected.topic = finding.topic and expected.city_code = finding.city_code
left join ops.city_clock as clock on expected.city_code = clock.city_code and expected.mode = 'live';
comment on view ops.source_health is
'来源健康：每城市每来源一行。One row per city and source: arrivals, rejects by rule, unknown codes, new fields, silence.';

-- Parts that do not answer, told by others: the streams by their lag growing old, the watch by its looks, the rest by
-- the watch. A part that was never healthy has no row and is not missed.
create view ops.platform_fault as
with missing as (
    select 'watch' as part, max(looked_at_utc) as since_utc
    from ops.part
    having max(looked_at_utc) < now() at time zone 'UTC' - interval '1 minute'
    union all
    select 'streams' as part, max(at_utc) as since_utc
    from ops.lag
    having max(at_utc) < now() at time zone 'UTC' - interval '1 minute'
    union all
    select part, healthy_at_utc as since_utc
    from ops.part
    where
        part <> 'streams'
        and looked_at_utc >= now() at time zone 'UTC' - interval '1 minute'
        and healthy_at_utc < now() at time zone 'UTC' - interval '45 seconds'
),

aged as (
    select
        part, since_utc, floor(extract(epoch from now() at time zone 'UTC' - since_utc) / 60)::integer as minutes
    from missing
)

select
    part,
    since_utc,
    case part
        when 'watch' then '部件监视' when 'streams' then '流处理' when 'kafka' then '消息总线' when 'warehouse' then '数据仓库'
        when 'airflow' then '任务调度' when 'superset' then '看板服务' when 'api' then '数据接口'
        else part
    end || '已' || case
        when minutes < 1 then '近1分钟' when minutes < 120 then minutes || '分钟'
        when minutes < 2880 then minutes / 60 || '小时' else minutes / 1440 || '天'
    end || '没有回应' as fault_zh,
    case part
        when 'watch' then 'nobody has watched the parts' when 'streams' then 'the streams have told no lag'
        else part || ' has not answered'
    end || ' since ' || to_char(since_utc, 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as fault_en
from aged;
comment on view ops.platform_fault is
'平台故障：每个没有回应的部件一行，正常时为空。One row per part that does not answer; told within two minutes.';

create view published.data_health with (security_barrier) as
with lag as (
    select
        topic, sum(end_offset - landed_offset) as lag_records, max(at_utc) as lag_at_utc,
        max(at_utc) < now() at time zone 'UTC' - interval '1 minute' as is_old
    from ops.lag
    group by topic
),

platform as (
    select coalesce(string_agg(fault_zh, '；' order by part), '正常') as platform_zh from ops.platform_fault
),

gate as (
    select run_id, state, started_at_utc, ended_at_utc, detail
    from ops.pipeline_run
    where kind = 'gate' and state in ('succeeded', 'red')
    order by started_at_utc desc
    limit 1
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
    source.landed,
    source.late,
    source.dead_lettered,
    source.dead_letters_waiting,
    case when source.city_code = '' then coalesce(lag.lag_records, 0)::bigint end as topic_lag_records,
    lag.lag_at_utc,
    gate.run_id as gate_run_id,
    gate.ended_at_utc as gate_at_utc,
    case
        when gate.run_id is null then 'none'
        when gate.state = 'red' or finding.failed_rules_zh is not null then 'red'
        when finding.warnings_zh is not null then 'warning'
        else 'green'
    end as gate_verdict,
    case
        when gate.run_id is null then '尚未质检'
        when gate.state = 'red' or finding.failed_rules_zh is not null then '未通过'
        when finding.warnings_zh is not null then '通过，有提醒'
        else '通过'
    end as gate_verdict_zh,
    coalesce(finding.failed_rules_zh, '') as failed_rules_zh,
    coalesce(finding.warnings_zh, '') as warnings_zh,
    coalesce(
        nullif(
            concat_ws(
                '；',
                case
                    when latest_run.state = 'failed' and latest_run.kind = 'build' then '最近一次构建失败，沿用上一次发布'
                    when latest_run.state = 'failed' and latest_run.kind = 'gate'
                        then '最近一次质检未能完成，沿用上一次发布'
                    when latest_run.state = 'failed' then '最近一次发布失败，沿用上一次发布'
                    when gate.state = 'red' or finding.failed_rules_zh is not null
                        then '质检未通过，沿用上一次发布。' || coalesce(finding.failed_rules_zh, '')
                    when publication.publication_id is null then '尚无发布'
                end,
                nullif(platform.platform_zh, '正常')
            ),
            ''
        ),
        '正常'
    ) as reason_zh,
    latest_run.run_id as last_run_id,
    publication.publication_id,
    publication.run_id as publication_run_id,
    publication.published_at_utc,
    (publication.data_as_of ->> source.city_code)::timestamp as data_as_of_utc,
    source.duplicates,
    source.rejected,
    source.rejected_by_rule_zh,
    source.unknown_codes,
    source.unknown_codes_zh,
    source.new_fields,
    source.new_fields_zh,
    source.silent_after_days,
    source.silent_days,
    coalesce(source.silent_days > source.silent_after_days, false) as is_silent,
    coalesce(
        nullif(
            concat_ws(
                '；',
                case when source.mode = 'live' and source.landed = 0 then '从未收到数据' end,
                case
                    when source.silent_days > source.silent_after_days
                        then '已' || round(source.silent_days::numeric, 1) || '天无数据，上限' || source.silent_after_days
                        || '天'
                end,
                case
                    when source.recent_rejected > 0
                        then '近24小时接入的' || source.recent_records || '条中拒收' || source.recent_rejected || '条，占'
                        || round(100.0 * source.recent_rejected / source.recent_records, 1) || '%'
                end,
                case
                    when source.recent_adapter_rejected > 0
                        then '近一日接入文件拒收' || source.recent_adapter_rejected || '行，占'
                        || round(100.0 * source.recent_adapter_rejected / source.recent_adapter_rows, 1) || '%（累计'
                        || source.adapter_rejected_by_rule_zh || '）'
                end,
                case when source.dead_letters_waiting > 0 then '待处理拒收' || source.dead_letters_waiting || '条' end,
                '未登记代码：' || nullif(source.unknown_codes_zh, ''),
                '合同外字段：' || nullif(source.new_fields_zh, ''),
                '剔除不可信的值：' || nullif(source.left_out_zh, ''),
                case
                    when source.late > 0
                        then '迟到' || source.late || '条，占' || round(100.0 * source.late / source.landed, 1) || '%'
                end,
                case
                    when source.city_code = '' and lag.lag_records > 0 then '待接入' || lag.lag_records || '条'
                end,
                case when lag.is_old then '接入已停，积压情况自' || to_char(lag.lag_at_utc, 'MM-DD HH24:MI') || '（UTC）起未知' end
            ),
            ''
        ),
        '正常'
    ) as source_state_zh,
    platform.platform_zh,
    source.last_file_at_utc,
    source.adapter_rows,
    source.adapter_rejected,
    source.adapter_rejected_by_rule_zh,
    source.adapter_findings_zh,
    coalesce(
        to_char(source.last_event_at_utc at time zone 'UTC' at time zone city.time_zone, 'YYYY-MM-DD HH24:MI'), '—'
    ) as last_event_zh
from ops.source_health as source
cross join platform
left join raw.ref_city as city on source.city_code = city.city_code
left join lag on source.topic = lag.topic
left join gate on true
-- A finding of the whole run speaks of every source, one of a city or source of it alone.
left join lateral (
    select
        string_agg(result.title_zh || '：' || result.detail, '；' order by result.dataset, result.rule)
            filter (where result.severity = 'critical') as failed_rules_zh,
        string_agg(result.title_zh || '：' || result.detail, '；' order by result.dataset, result.rule)
            filter (where result.severity = 'warning') as warnings_zh
    from ops.quality_result as result
    where
        result.run_id = gate.run_id
        and not result.passed
        and result.city_code in ('', source.city_code)
        and result.source in ('', source.source)
) as finding on true
left join latest_run on true
left join publication on true;

comment on view published.data_health is
'数据健康：每来源一行，随时更新，含最近一次质检结论与原因。One row per city and source, always current: arrivals, rejects, the last verdict and why.';
comment on column published.data_health.city_code is
'城市代码，空为不分城市。City; empty text = rejects that name none, and what the topic has not read yet.';
comment on column published.data_health.city_name_zh is '城市。Name of the city.';
comment on column published.data_health.source is '来源代码。Topic without city. and .v1.';
comment on column published.data_health.source_name_zh is '来源。Name of the source.';
comment on column published.data_health.mode is '接入方式：live 实时，historical 历史。How the city sends.';
comment on column published.data_health.owner_zh is
'责任单位，空为未登记。Body that answers for the source in this city; empty = not known.';
comment on column published.data_health.contact is '联系方式。Of the body.';
comment on column published.data_health.last_event_at_utc is '最近事件时间（UTC）。Newest event, by its own time.';
comment on column published.data_health.last_known_at_utc is
'最近获知时间（UTC）。Newest event, by when its source knew of it.';
comment on column published.data_health.last_landed_at_utc is '最近落地时间（UTC）。When the last event landed.';
comment on column published.data_health.landed is '落地事件数。Distinct events that landed.';
comment on column published.data_health.late is '迟到事件数。Landed, but later than the contract allows.';
comment on column published.data_health.dead_lettered is '拒收数。Distinct rejected records.';
comment on column published.data_health.dead_letters_waiting is '待处理拒收数。Rejected, neither replayed nor dropped.';
comment on column published.data_health.topic_lag_records is
'积压数，只在不分城市的行。Records of the topic not yet read; on the row without a city alone, so that it adds up.';
comment on column published.data_health.lag_at_utc is '积压时间（UTC）。When the streams last told the lag.';
comment on column published.data_health.gate_run_id is '质检批次。Run that was judged last.';
comment on column published.data_health.gate_at_utc is '质检时间（UTC）。When it was judged.';
comment on column published.data_health.gate_verdict is '质检结论：green、warning、red、none。Verdict of the last gate.';
comment on column published.data_health.gate_verdict_zh is '质检结论。The verdict in words.';
comment on column published.data_health.failed_rules_zh is '未通过的规则及原因。Critical rules that failed, with figures.';
comment on column published.data_health.warnings_zh is '提醒。Warnings, with figures.';
comment on column published.data_health.reason_zh is
'状态说明。Why the figures shown are what they are, and which parts of the platform do not answer; 正常 = nothing.';
comment on column published.data_health.last_run_id is '最近批次。Run that was begun last.';
comment on column published.data_health.publication_id is '发布编号。Latest publication.';
comment on column published.data_health.publication_run_id is '发布批次。Its run.';
comment on column published.data_health.published_at_utc is '发布时间（UTC）。When it was published.';
comment on column published.data_health.data_as_of_utc is
'数据截至（UTC）。As-of instant of the city in the last publication.';
comment on column published.data_health.duplicates is '重复数。Exact repeats of what had landed.';
comment on column published.data_health.last_event_zh is '最近事件（当地时间）。Newest event in words, by the clock of the city.';
comment on column published.data_health.rejected is '拒收次数。Rejected records, repeats included.';
comment on column published.data_health.rejected_by_rule_zh is '拒收原因。Distinct rejects by rule.';
comment on column published.data_health.unknown_codes is '含未登记代码的事件数。Landed events with a code that no register has; kept.';
comment on column published.data_health.unknown_codes_zh is '未登记代码。The three most frequent ones.';
comment on column published.data_health.new_fields is '含合同外字段的事件数。Landed events with a field outside the contract; kept in extra.';
comment on column published.data_health.new_fields_zh is '合同外字段。The three most frequent ones.';
comment on column published.data_health.silent_after_days is '无数据上限（天）。Silence that the contract allows.';
comment on column published.data_health.silent_days is '距最近事件（天）。By the city''s own clock; null for history.';
comment on column published.data_health.is_silent is '是否中断。Silent for longer than the contract allows.';
comment on column published.data_health.source_state_zh is '来源状况。What the owner should know, in words; 正常 = nothing.';
comment on column published.data_health.platform_zh is
'平台状况。Parts of the platform that do not answer, in words; 正常 = all of them do.';
comment on column published.data_health.last_file_at_utc is '最近接入文件时间。When a file of the source was taken in last.';
comment on column published.data_health.adapter_rows is '接入文件行数。Rows of its files, each file once.';
comment on column published.data_health.adapter_rejected is '接入拒收行数。Rows that became no event.';
comment on column published.data_health.adapter_rejected_by_rule_zh is '接入拒收原因。Rejected rows by rule.';
comment on column published.data_health.adapter_findings_zh is
'接入发现：略去的值、更正等。Rows taken without a value or with something to be known, by rule.';
