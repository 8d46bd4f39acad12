-- 某一日当时已知的全市指标（把日期换掉）：数据截至不晚于该时刻的最后一次发布
-- The figures of the whole city as they were known on a day: of the last publication whose data ended by then
select
    figures.publication_id as 发布编号,
    figures.city_name_zh as 城市,
    definitions.name_zh as 指标,
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
    figures.publication_id = (
        select publication_id
        from published.publication
        where data_as_of_utc <= timestamp '2026-12-31'
        order by data_as_of_utc desc, publication_id desc
        limit 1
    )
    and figures.period_type = 'month' and figures.variant = 'raw'
    and figures.area_level = 'city' and figures.unit_code = '' and figures.breakdown_type = ''
order by figures.city_code, figures.indicator_id, figures.period_start;
