-- 某次发布当时公布的全市指标（把编号换掉）
-- The figures of the whole city as they were published in one publication: number 1 here, with its definitions
select
    figures.city_name_zh as 城市,
    figures.indicator_id as 指标编号,
    definitions.name_zh as 指标,
    definitions.indicator_version as 定义版本,
    figures.month_zh as 月份,
    figures.value_zh as 值,
    case figures.status when 'final' then '已定' else '初步' end as 状态
from published.indicator_value as figures
inner join published.indicator_definition as definitions
    on
        figures.publication_id = definitions.publication_id
        and figures.indicator_id = definitions.indicator_id
        and figures.indicator_version = definitions.indicator_version
where
    figures.publication_id = 1
    and figures.period_type = 'month' and figures.variant = 'raw'
    and figures.area_level = 'city' and figures.unit_code = '' and figures.breakdown_type = ''
order by figures.city_code, figures.indicator_id, figures.period_start;
