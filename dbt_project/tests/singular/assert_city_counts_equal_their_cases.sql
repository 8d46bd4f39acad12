-- Atoms lose nothing: a city's cases of a month are those of the source that G01b counts, its incidents (G01a) are all
-- that have an owner. A month before the first definition has no figure to compare with.
with counted as (
    select
        city_code,
        indicator_id,
        period_start as month,
        numerator,
        na_reason
    from {{ ref('fct_indicator_value') }}
    where
        indicator_id in ('G01a', 'G01b')
        and period_type = 'month'
        and variant = 'raw'
        and area_level = 'city'
        and unit_code = ''
),

facts as (
    select
        cases.city_code,
        'G01b' as indicator_id,
        cases.received_month as month,
        count(*) as found
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('atom') }} as atoms
        on
            cases.source = atoms.source
            and atoms.atom_id = 'case_counted'
    where cases.is_counted
    group by cases.city_code, cases.received_month
    union all
    select
        city_code,
        'G01a' as indicator_id,
        cast(date_trunc('month', told_on) as date) as month,
        count(*) as found
    from {{ ref('fct_incident_report') }}
    where owns_incident
    group by city_code, cast(date_trunc('month', told_on) as date)
)

select
    facts.*,
    counted.numerator
from facts
left join counted
    on
        facts.city_code = counted.city_code
        and facts.indicator_id = counted.indicator_id
        and facts.month = counted.month
where
    coalesce(counted.na_reason, '') <> 'before_definition'
    and facts.found <> coalesce(counted.numerator, 0)
