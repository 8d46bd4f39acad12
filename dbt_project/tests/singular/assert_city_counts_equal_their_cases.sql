-- Atoms lose nothing: a city's cases and incidents of a month are those of the source that G01a and G01b count. A
-- month before the first definition has no figure to compare with.
with counted as (
    select
        city_code,
        period_start as received_month,
        sum(numerator) filter (where indicator_id = 'G01b') as cases,
        sum(numerator) filter (where indicator_id = 'G01a') as incidents,
        bool_or(na_reason = 'before_definition') as is_before_definition
    from {{ ref('fct_indicator_value') }}
    where
        indicator_id in ('G01a', 'G01b')
        and period_type = 'month'
        and variant = 'raw'
        and area_level = 'city'
        and unit_code = ''
    group by city_code, period_start
),

facts as (
    select
        cases.city_code,
        cases.received_month,
        count(*) filter (where cases.is_counted) as cases,
        count(*) filter (where cases.owns_incident) as incidents
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('atom') }} as atoms
        on
            cases.source = atoms.source
            and atoms.atom_id = 'case_counted'
    group by cases.city_code, cases.received_month
)

select
    facts.*,
    counted.cases as counted_cases,
    counted.incidents as counted_incidents
from facts
left join counted
    on
        facts.city_code = counted.city_code
        and facts.received_month = counted.received_month
where
    not coalesce(counted.is_before_definition, false)
    and (
        facts.cases <> coalesce(counted.cases, 0)
        or facts.incidents <> coalesce(counted.incidents, 0)
    )
