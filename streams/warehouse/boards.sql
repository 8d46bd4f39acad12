-- What the dashboards read beside the published tables: a figure beside its predecessors, what cases are about, the last
-- hours. Nothing here is frozen: it follows from the newest publication, or from what landed, at the moment of asking.
-- Run as the owner after views.sql; views are replaced as a whole.

drop view if exists published.indicator_change;
drop view if exists published.case_mix;

create view published.indicator_change with (security_barrier) as
with shown as not materialized (
    select
        current.*,
        definition.unit,
        definition.direction,
        definition.family
    from published.current_indicator_value as current
    inner join published.current_indicator_definition as definition
        on
            current.indicator_id = definition.indicator_id
            and current.indicator_version = definition.indicator_version
    where current.period_type = 'month' and current.area_level in ('city', 'street')
),

compared as (
    select
        shown.*,
        previous.value as previous_value,
        previous.value_zh as previous_value_zh,
        last_year.value as last_year_value,
        last_year.value_zh as last_year_value_zh,
        coalesce(shown.status = 'final' and previous.status = 'final', false) as is_comparable_to_previous,
        coalesce(shown.status = 'final' and last_year.status = 'final', false) as is_comparable_to_last_year
    from shown
    left join shown as previous
        on
            shown.city_code = previous.city_code
            and shown.indicator_id = previous.indicator_id
            and shown.indicator_version = previous.indicator_version
            and shown.variant = previous.variant
            and shown.area_level = previous.area_level
            and shown.area_code = previous.area_code
            and shown.unit_code = previous.unit_code
            and shown.breakdown_type = previous.breakdown_type
            and shown.breakdown_code = previous.breakdown_code
            and (shown.period_start - interval '1 month')::date = previous.period_start
    left join shown as last_year
        on
            shown.city_code = last_year.city_code
            and shown.indicator_id = last_year.indicator_id
            and shown.indicator_version = last_year.indicator_version
            and shown.variant = last_year.variant
            and shown.area_level = last_year.area_level
            and shown.area_code = last_year.area_code
            and shown.unit_code = last_year.unit_code
            and shown.breakdown_type = last_year.breakdown_type
            and shown.breakdown_code = last_year.breakdown_code
            and (shown.period_start - interval '1 year')::date = last_year.period_start
),

changed as (
    select
        compared.*,
        -- Shares change by percentage points, everything else by a share of what it was.
        case
            when not is_comparable_to_previous then null
            when unit = 'fraction' then (value - previous_value) * 100
            else (value / nullif(previous_value, 0) - 1) * 100
        end as previous_change,
        case
            when not is_comparable_to_last_year then null
            when unit = 'fraction' then (value - last_year_value) * 100
            else (value / nullif(last_year_value, 0) - 1) * 100
        end as last_year_change,
        case when unit = 'fraction' then '个百分点' else '%' end as change_unit_zh
    from compared
),

worded as (
    select
        changed.*,
        case
            when previous_change is null then '—'
            when round(previous_change::numeric, 1) = 0 then '持平'
            else to_char(previous_change, 'FMSG999990.0') || change_unit_zh
        end as previous_change_zh,
        case
            when last_year_change is null then '—'
            when round(last_year_change::numeric, 1) = 0 then '持平'
            else to_char(last_year_change, 'FMSG999990.0') || change_unit_zh
        end as last_year_change_zh
    from changed
)

select
    worded.city_code,
    worded.city_name_zh,
    worded.indicator_id,
    worded.indicator_name_zh,
    worded.family,
    coalesce(source.source_name_zh, '各来源') as source_name_zh,
    worded.variant,
    worded.period_type,
    worded.period_start,
    worded.month_zh,
    worded.area_level,
    worded.area_code,
    worded.area_name_zh,
    worded.unit_code,
    worded.unit_name_zh,
    worded.breakdown_type,
    worded.direction,
    worded.status,
    worded.is_latest_final,
    worded.numerator,
    worded.denominator,
    worded.n,
    worded.value,
    worded.value_zh,
    worded.previous_value,
    worded.previous_value_zh,
    worded.previous_change,
    worded.previous_change_zh,
    worded.last_year_value,
    worded.last_year_value_zh,
    worded.last_year_change,
    worded.last_year_change_zh,
    worded.is_comparable_to_previous,
    worded.is_comparable_to_last_year,
    case
        when worded.status = 'provisional' then '初步数据，暂不比较'
        else '环比 ' || worded.previous_change_zh || ' · 同比 ' || worded.last_year_change_zh
    end as change_zh
from worded
left join ops.source_info as source on worded.city_code = source.city_code and worded.source = source.source;

comment on view published.indicator_change is
'指标变化：最新发布中每城市、街镇、单位的月度指标一行，附上月与去年同月。Monthly figures of the newest publication beside those of the month before and of the same month of last year.';
comment on column published.indicator_change.city_code is '城市代码。City.';
comment on column published.indicator_change.city_name_zh is '城市。Name of the city.';
comment on column published.indicator_change.indicator_id is '指标编号。Id in the indicator catalogue.';
comment on column published.indicator_change.indicator_name_zh is '指标。Name of the indicator.';
comment on column published.indicator_change.family is '指标类别代码。Family of the indicator.';
comment on column published.indicator_change.source_name_zh is '来源。Source that the indicator counts; 各来源 = several.';
comment on column published.indicator_change.variant is '口径：raw 原始，adjusted 剔除后。raw, or adjusted by exclusions.';
comment on column published.indicator_change.period_type is '周期类型，恒为月。Always month.';
comment on column published.indicator_change.period_start is '周期起（含）。First local day of the month.';
comment on column published.indicator_change.month_zh is '月份。The month in words.';
comment on column published.indicator_change.area_level is '区域层级：city 市，street 街镇。city or street.';
comment on column published.indicator_change.area_code is '区域代码。Code of the area.';
comment on column published.indicator_change.area_name_zh is '区域。Name of the area.';
comment on column published.indicator_change.unit_code is '承办单位代码，空为全部。Responsible body; empty text = all.';
comment on column published.indicator_change.unit_name_zh is '承办单位。Name of the unit.';
comment on column published.indicator_change.breakdown_type is '细分维度，空为不细分。Extra breakdown; empty text = none.';
comment on column published.indicator_change.direction is '方向：higher 越高越好，lower 越低越好，none 不论。Which way is better.';
comment on column published.indicator_change.status is '状态：provisional 初步，final 已定。Whether it may still change.';
comment on column published.indicator_change.is_latest_final is '是否最新已定月份。Newest final month of the city.';
comment on column published.indicator_change.numerator is '分子。Numerator; null where withheld.';
comment on column published.indicator_change.denominator is '分母。Denominator; null where withheld.';
comment on column published.indicator_change.n is '参与计算的事项数。Contributing cases; null where withheld.';
comment on column published.indicator_change.value is '指标值。The published value; shares are 0 to 1.';
comment on column published.indicator_change.value_zh is '本月。The figure in words.';
comment on column published.indicator_change.previous_value is '上月值。Value of the month before.';
comment on column published.indicator_change.previous_value_zh is '上月。The same in words.';
comment on column published.indicator_change.previous_change is
'环比：比率为百分点，其他为百分数。Change from the month before: percentage points of a share, per cent of anything else; null where not comparable.';
comment on column published.indicator_change.previous_change_zh is '环比。The same in words.';
comment on column published.indicator_change.last_year_value is '去年同月值。Value of the same month of last year.';
comment on column published.indicator_change.last_year_value_zh is '去年同月。The same in words.';
comment on column published.indicator_change.last_year_change is
'同比：比率为百分点，其他为百分数。Change from the same month of last year, in the same units.';
comment on column published.indicator_change.last_year_change_zh is '同比。The same in words.';
comment on column published.indicator_change.is_comparable_to_previous is
'可否环比。True where both months are final and of one definition.';
comment on column published.indicator_change.is_comparable_to_last_year is
'可否同比。True where both months are final and of one definition.';
comment on column published.indicator_change.change_zh is '环比与同比。Both changes in one line.';

create view published.case_mix with (security_barrier) as
with counted as (
    select
        city_code,
        source,
        received_month,
        case when grouping(category_name_zh) = 0 then 'category' else 'channel' end as dimension,
        coalesce(category_name_zh, channel) as member_code,
        count(*) as cases
    from published.current_case_fact
    group by
        city_code,
        source,
        received_month,
        grouping sets ((category_name_zh), (channel))
),

known as (
    select
        counted.*,
        summary.city_name_zh,
        summary.source_name_zh,
        summary.small_cell_k
    from counted
    inner join published.current_source_summary as summary
        on counted.city_code = summary.city_code and counted.source = summary.source
    where counted.member_code <> ''
)

select
    now.city_code,
    now.city_name_zh,
    now.source,
    now.source_name_zh,
    now.received_month,
    to_char(now.received_month, 'YYYY"年"MM"月"') as month_zh,
    now.dimension,
    now.member_code,
    coalesce(word.name_zh, now.member_code) as member_name_zh,
    case when now.cases >= now.small_cell_k then now.cases end as cases,
    now.cases < now.small_cell_k as suppressed,
    case when before.cases >= before.small_cell_k then before.cases end as previous_cases,
    case
        when now.cases >= now.small_cell_k and before.cases >= before.small_cell_k
            then to_char(now.cases - before.cases, 'FMSG999,990')
        else '—'
    end as change_zh
from known as now
left join known as before
    on
        now.city_code = before.city_code
        and now.source = before.source
        and now.dimension = before.dimension
        and now.member_code = before.member_code
        and (now.received_month - interval '1 month')::date = before.received_month
left join (
    values
    ('phone', '电话'), ('mini_program', '小程序'), ('app', '手机应用'), ('web', '网站'), ('grid_app', '网格员应用'),
    ('letterbox', '领导信箱'), ('other', '其他'), ('inspector', '监督员巡查'), ('public', '公众举报'),
    ('video', '视频发现'), ('self_inspection', '部门自查'), ('hotline', '热线转入'), ('grid', '网格上报'),
    ('window', '窗口'), ('online', '网上'), ('self_service', '自助终端'), ('mail', '邮寄')
) as word (code, name_zh) on now.dimension = 'channel' and now.member_code = word.code;

comment on view published.case_mix is
'事项构成：最新发布中每城市、来源、月份按类别、渠道的件数，小于阈值为空。What cases are about: counts by category and channel, from case_fact; null under the city''s k.';
comment on column published.case_mix.city_code is '城市代码。City.';
comment on column published.case_mix.city_name_zh is '城市。Name of the city.';
comment on column published.case_mix.source is '来源代码。Topic without city. and .v1.';
comment on column published.case_mix.source_name_zh is '来源。Name of the source.';
comment on column published.case_mix.received_month is '受理月份。First local day of the month of receipt.';
comment on column published.case_mix.month_zh is '月份。The same in words.';
comment on column published.case_mix.dimension is '维度：category 类别，channel 渠道。What the member is one of.';
comment on column published.case_mix.member_code is '取值代码。Member of the dimension.';
comment on column published.case_mix.member_name_zh is '名称。Name of the member.';
comment on column published.case_mix.cases is '件数，小于阈值为空。Cases; null under the city''s k.';
comment on column published.case_mix.suppressed is '是否隐去。True where the count is under the city''s k.';
comment on column published.case_mix.previous_cases is '上月件数。Cases of the month before.';
comment on column published.case_mix.change_zh is '比上月增减。Change from the month before; — where one is withheld.';

create view live.source_hour with (security_barrier) as
with city_clock as (
    select * from ops.city_clock
),

event as (
    {live_events}
),

cell as (
    select
        event.city_code,
        event.source,
        event.source_name_zh,
        date_trunc('hour', event.event_at_utc) as hour_at_utc,
        event.street_code,
        date_bin('5 minutes', event.event_at_utc, timestamp '2000-01-01') as bucket_at_utc,
        count(*) as events
    from event
    group by 1, 2, 3, 4, 5, 6
),

hour as (
    select
        cell.city_code,
        cell.source,
        cell.source_name_zh,
        cell.hour_at_utc,
        sum(cell.events)::bigint as events,
        -- What live.event_5min withholds in this hour: shown only where it is nothing, or too much to tell of anybody.
        coalesce(sum(cell.events) filter (where cell.events < clock.small_cell_k), 0) as withheld
    from cell
    inner join city_clock as clock on cell.city_code = clock.city_code
    group by 1, 2, 3, 4
)

select
    hour.city_code,
    clock.city_name_zh,
    hour.source,
    hour.source_name_zh,
    hour.hour_at_utc,
    to_char(hour.hour_at_utc at time zone 'UTC' at time zone clock.time_zone, 'DD"日" HH24:00') as hour_zh,
    case when not told.suppressed then hour.events end as events,
    case when told.suppressed then '<' || clock.small_cell_k else to_char(hour.events, 'FM999,990') end as events_label,
    told.suppressed,
    hour.hour_at_utc = max(hour.hour_at_utc) over (partition by hour.city_code) as is_latest_hour,
    '未审核' as audit_state_zh
from hour
inner join city_clock as clock on hour.city_code = clock.city_code
cross join lateral (
    select
        hour.events < clock.small_cell_k
        or (hour.withheld > 0 and hour.withheld < clock.small_cell_k) as suppressed
) as told;
comment on view live.source_hour is
'近6小时（未审核）：每来源每小时一行，不分街镇。Provisional: events of the last 6 hours by source and hour, of the whole city.';
comment on column live.source_hour.city_code is '城市代码。City.';
comment on column live.source_hour.city_name_zh is '城市。Name of the city.';
comment on column live.source_hour.source is '来源代码。Topic without city. and .v1.';
comment on column live.source_hour.source_name_zh is '来源。Name of the source.';
comment on column live.source_hour.hour_at_utc is '小时起点（UTC）。Start of the hour.';
comment on column live.source_hour.hour_zh is '小时（当地时间）。The same by the city''s clock, in words.';
comment on column live.source_hour.events is '事件数，小于阈值为空。Events; null under the city''s k, or where what live.event_5min withholds would follow.';
comment on column live.source_hour.events_label is '显示文字。The count, or <k.';
comment on column live.source_hour.suppressed is '是否隐去。True where the count is withheld.';
comment on column live.source_hour.is_latest_hour is '是否最近一小时。The newest hour of the city.';
comment on column live.source_hour.audit_state_zh is '审核状态，恒为未审核。Always 未审核: live figures are provisional.';
