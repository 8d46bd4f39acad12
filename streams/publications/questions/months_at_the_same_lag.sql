-- 各月首次公布值与到期已定值并列：各月在同样的滞后下相比
-- First and mature value of each month side by side, so that months are compared at the same lag: T04a here
select
    figures.city_name_zh as 城市,
    figures.period_start as 月份,
    min(figures.publication_id) as 首次发布,
    (array_agg(figures.value order by figures.publication_id))[1] as 首次值,
    min(figures.publication_id) filter (where figures.status = 'final') as 到期发布,
    (array_agg(figures.value order by figures.publication_id) filter (where figures.status = 'final'))[1] as 到期值,
    (array_agg(figures.value order by figures.publication_id desc))[1] as 现值
from published.indicator_value as figures
where
    figures.indicator_id = 'T04a' and figures.period_type = 'month' and figures.variant = 'raw'
    and figures.area_level = 'city' and figures.unit_code = '' and figures.breakdown_type = ''
group by figures.city_code, figures.city_name_zh, figures.area_code, figures.period_start
order by figures.city_code, figures.period_start;
