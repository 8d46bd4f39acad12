with compared as (
    select
        city_code,
        max({{ level_rank('area_level') }}) as level_rank
    from {{ ref('dim_area') }}
    where area_level <> 'city'
    group by city_code
)

select
    facts.city_code,
    facts.indicator_id,
    facts.indicator_version,
    facts.variant,
    facts.period_type,
    facts.period_start,
    facts.period_end,
    facts.area_level,
    facts.area_code,
    facts.unit_code,
    facts.breakdown_type,
    facts.breakdown_code,
    facts.numerator,
    facts.denominator,
    facts.n,
    facts.value,
    facts.status,
    facts.suppressed,
    facts.suppression_reason,
    facts.na_reason,
    cities.city_name_zh,
    definitions.name_zh as indicator_name_zh,
    coalesce(areas.area_name_zh, facts.area_code) as area_name_zh,
    case when facts.unit_code = '' then '全部' else coalesce(units.unit_name_zh, facts.unit_code) end as unit_name_zh,
    coalesce(covered.is_latest, false) as is_latest_month,
    coalesce(covered.is_latest_final, false) as is_latest_final,
    {{ period_zh('facts.period_type', 'facts.period_start', 'facts.period_end') }} as month_zh,
    {{ value_zh('facts.value', 'definitions.unit', 'facts.suppressed', 'facts.na_reason') }} as value_zh,
    facts.area_level <> 'city' and coalesce({{ level_rank('facts.area_level') }} = compared.level_rank, false)
        as is_compared_area,
    facts.source
from {{ ref('fct_indicator_shown') }} as facts
inner join {{ ref('indicator_catalogue') }} as definitions
    on
        facts.indicator_id = definitions.indicator_id
        and facts.indicator_version = definitions.indicator_version
inner join {{ ref('dim_city') }} as cities on facts.city_code = cities.city_code
left join {{ ref('fct_covered_period') }} as covered
    on
        facts.city_code = covered.city_code
        and facts.period_type = covered.period_type
        and facts.period_start = covered.period_start
        and facts.period_end = covered.period_end
left join {{ ref('dim_area') }} as areas
    on
        facts.city_code = areas.city_code
        and facts.area_level = areas.area_level
        and facts.area_code = areas.area_code
left join {{ ref('dim_unit') }} as units
    on
        facts.city_code = units.city_code
        and facts.unit_code = units.unit_code
left join compared on facts.city_code = compared.city_code
