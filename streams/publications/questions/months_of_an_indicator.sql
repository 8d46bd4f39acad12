-- 全市各指标逐月走势（只看一个指标时，把 where 里的编号换掉）
-- One indicator of the whole city month by month: T03a here, put another id in its place
select
    city_name_zh as 城市,
    indicator_name_zh as 指标,
    period_start as 月份,
    numerator as 分子,
    denominator as 分母,
    value as 值,
    status as 状态
from published.current_indicator_value
where
    indicator_id = 'T03a' and period_type = 'month' and variant = 'raw'
    and area_level = 'city' and unit_code = '' and breakdown_type = ''
order by city_code, period_start;
