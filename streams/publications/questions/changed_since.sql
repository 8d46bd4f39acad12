-- 自某次发布以来变了的全市指标（把编号换掉）：当时值、现值
-- What changed of the whole city since a publication, number 1 here: the figure then and now, of every indicator
select
    coalesce(figures.city_name_zh, before.city_name_zh) as 城市,
    coalesce(figures.indicator_name_zh, before.indicator_name_zh) as 指标,
    coalesce(figures.month_zh, before.month_zh) as 月份,
    before.value_zh as 当时值,
    case before.status when 'final' then '已定' when 'provisional' then '初步' end as 当时状态,
    figures.value_zh as 现值,
    case figures.status when 'final' then '已定' when 'provisional' then '初步' end as 现状态
from (
    select *
    from published.current_indicator_value
    where period_type = 'month' and variant = 'raw' and area_level = 'city' and unit_code = '' and breakdown_type = ''
) as figures
full outer join (
    select *
    from published.indicator_value
    where
        publication_id = 1
        and period_type = 'month' and variant = 'raw' and area_level = 'city' and unit_code = '' and breakdown_type = ''
) as before
    on
        figures.city_code = before.city_code
        and figures.indicator_id = before.indicator_id
        and figures.indicator_version = before.indicator_version
        and figures.period_start = before.period_start
        and figures.area_code = before.area_code
where
    (figures.value, figures.numerator, figures.denominator, figures.status)
    is distinct from (before.value, before.numerator, before.denominator, before.status)
order by 城市, 指标, coalesce(figures.period_start, before.period_start);
