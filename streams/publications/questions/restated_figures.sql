-- 定稿后又更正的数值：旧值、新值、原因
-- Final values that a later publication changed: old, new, cause; the newest first
select
    restated.publication_id as 发布编号,
    restated.city_code as 城市,
    restated.indicator_id as 指标,
    restated.period_start as 月份,
    restated.area_level as 区域层级,
    restated.area_code as 区域,
    restated.unit_code as 单位,
    restated.old_value as 旧值,
    restated.new_value as 新值,
    restated.cause as 原因
from published.restatement as restated
order by restated.publication_id desc, restated.city_code, restated.indicator_id, restated.period_start;
