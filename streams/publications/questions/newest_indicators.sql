-- 各城市最近一个定稿月份的全部指标
-- Every indicator of each city in its newest month that is final
select
    city_name_zh as 城市,
    indicator_name_zh as 指标,
    period_start as 月份,
    numerator as 分子,
    denominator as 分母,
    value as 值,
    case when suppressed then suppression_reason else na_reason end as 无值原因
from published.current_indicator_value
where
    is_latest_final and period_type = 'month' and variant = 'raw'
    and area_level = 'city' and unit_code = '' and breakdown_type = ''
order by city_code, indicator_id;
