-- Grouped by source, place, unit and month, the published cases never show a group under k below city level, nor a unit
-- under k; the same holds among the cases with an answered call-back. No source shows a finer place than it may.
with groups as (
    select
        facts.city_code,
        facts.source,
        facts.received_month,
        facts.resolution <> '' or facts.satisfaction <> '' as is_answered,
        case when facts.area_level = 'street' then facts.area_code else '' end as street_code,
        facts.unit_code,
        count(*) as cases
    from {{ ref('case_fact', v=1) }} as facts
    group by 1, 2, 3, 4, 5, 6
),

units as (
    select
        city_code,
        source,
        received_month,
        is_answered,
        unit_code,
        sum(cases) as cases
    from groups
    where unit_code <> ''
    group by 1, 2, 3, 4, 5
),

small as (
    select
        city_code,
        source,
        cases,
        true as is_street
    from groups
    where street_code <> ''
    union all
    select
        city_code,
        source,
        cases,
        false as is_street
    from units
)

select small.*
from small
inner join {{ ref('case_source') }} as rules on small.source = rules.source
inner join {{ ref('dim_city') }} as cities on small.city_code = cities.city_code
where
    small.cases < coalesce(rules.small_cell_k, cities.small_cell_k)
    or (small.is_street and rules.finest_area_level <> 'street')
