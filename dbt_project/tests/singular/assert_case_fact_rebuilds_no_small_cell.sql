-- Grouped by source, place, unit and month, the published cases never show a group under k below city level, nor a unit
-- under k; grouped by category besides, those that show an answer never do. No source shows a finer place than it may.
with small as (
    select
        city_code,
        source,
        received_month,
        case when area_level = 'street' then area_code else '' end as street_code,
        unit_code,
        '' as category_code,
        count(*) as cases
    from {{ ref('case_fact', v=2) }}
    where area_level = 'street'
    group by 1, 2, 3, 4, 5
    union all
    select
        city_code,
        source,
        received_month,
        '' as street_code,
        unit_code,
        '' as category_code,
        count(*) as cases
    from {{ ref('case_fact', v=2) }}
    where unit_code <> ''
    group by 1, 2, 3, 5
    union all
    select
        city_code,
        source,
        received_month,
        case when area_level = 'street' then area_code else '' end as street_code,
        unit_code,
        category_code,
        count(*) as cases
    from {{ ref('case_fact', v=2) }}
    where resolution <> '' or satisfaction <> ''
    group by 1, 2, 3, 4, 5, 6
)

select small.*
from small
inner join {{ ref('dim_case_source') }} as rules
    on
        small.city_code = rules.city_code
        and small.source = rules.source
where
    small.cases < rules.small_cell_k
    or rules.published_as <> 'cases'
    or (small.street_code <> '' and rules.finest_area_level <> 'street')
