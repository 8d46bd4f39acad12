-- 各街镇最近一个定稿月份的办结与回访
-- Completion and call-backs of each town in its newest final month
select
    city_name_zh as 城市,
    area_name_zh as 街镇,
    indicator_name_zh as 指标,
    period_start as 月份,
    numerator as 分子,
    denominator as 分母,
    value as 值
from published.current_indicator_value
where
    is_latest_final and period_type = 'month' and variant = 'raw' and indicator_id in ('R02', 'R05', 'T03a', 'T04a')
    and area_level = 'street' and unit_code = '' and breakdown_type = '' and not suppressed
order by city_code, indicator_id, value desc nulls last;
