-- 一个数值的历次公布：首次、到期、更正（把条件换掉）
-- All vintages of one figure: R05 of the whole city, each month; first, matured, restated, and the definition it went by
select
    figures.city_name_zh as 城市,
    figures.month_zh as 月份,
    figures.publication_id as 发布编号,
    publications.data_as_of_utc,
    figures.indicator_version as 定义版本,
    figures.numerator as 分子,
    figures.denominator as 分母,
    figures.value_zh as 值,
    case
        when restated.publication_id is not null then '更正'
        when figures.status = 'final' then '已定'
        else '初步'
    end as 状态,
    restated.cause_zh as 更正原因
from published.indicator_value as figures
inner join published.publication as publications on figures.publication_id = publications.publication_id
left join published.restatement as restated
    on
        figures.publication_id = restated.publication_id
        and figures.city_code = restated.city_code
        and figures.indicator_id = restated.indicator_id
        and figures.indicator_version = restated.indicator_version
        and figures.variant = restated.variant
        and figures.period_type = restated.period_type
        and figures.period_start = restated.period_start
        and figures.period_end = restated.period_end
        and figures.area_level = restated.area_level
        and figures.area_code = restated.area_code
        and figures.unit_code = restated.unit_code
        and figures.breakdown_type = restated.breakdown_type
        and figures.breakdown_code = restated.breakdown_code
where
    figures.indicator_id = 'R05' and figures.period_type = 'month' and figures.variant = 'raw'
    and figures.area_level = 'city' and figures.unit_code = '' and figures.breakdown_type = ''
order by figures.city_code, figures.period_start, figures.publication_id;
