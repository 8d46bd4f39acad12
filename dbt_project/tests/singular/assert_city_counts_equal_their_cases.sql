-- Atoms lose nothing: a city's cases and incidents, summed over its months, are those of the sources that are counted.
with published as (
    select
        city_code,
        sum(numerator) filter (where indicator_id = 'G01b') as cases,
        sum(numerator) filter (where indicator_id = 'G01a') as incidents,
        count(*) filter (where suppressed) as hidden
    from {{ ref('fct_indicator_value') }}
    where
        indicator_id in ('G01a', 'G01b')
        and variant = 'raw'
        and area_level = 'city'
        and unit_code = ''
    group by city_code
),

facts as (
    select
        city_code,
        count(*) filter (where is_counted) as cases,
        count(*) filter (where owns_incident) as incidents
    from {{ ref('fct_case') }}
    where source in (select atoms.source from {{ ref('atom') }} as atoms)
    group by city_code
)

select
    facts.*,
    published.cases as published_cases,
    published.incidents as published_incidents
from facts
left join published on facts.city_code = published.city_code
where
    coalesce(published.hidden, 0) = 0
    and (
        facts.cases <> coalesce(published.cases, 0)
        or facts.incidents <> coalesce(published.incidents, 0)
    )
