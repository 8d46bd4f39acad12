-- Periods in which a city received a case that is counted, of the kinds that the catalogue publishes. Indicators mature
-- each in its own time: a period is final where the headline of its city is.
with headlines as (
    select
        cities.city_code,
        max(definitions.maturity_days) as maturity_days
    from {{ ref('dim_city') }} as cities
    inner join {{ ref('indicator_catalogue') }} as definitions
        on definitions.indicator_id = {{ headline('cities') }}
    group by cities.city_code
),

covered as (
    select distinct
        cells.city_code,
        cells.period_type,
        cells.period_start,
        cells.period_end
    from {{ ref('fct_atom_cell') }} as cells
    inner join {{ ref('atom') }} as atoms on cells.atom_id = atoms.atom_id
    where
        atoms.entity = 'case'
        and atoms.day is null
        and cells.area_level = 'city'
        and cells.unit_code = ''
),

matured as (
    select
        covered.*,
        {{ maturity('periods.days_since_end', 'headlines.maturity_days') }} = 'final' as is_final
    from covered
    inner join {{ ref('dim_period') }} as periods
        on
            covered.city_code = periods.city_code
            and covered.period_type = periods.period_type
            and covered.period_start = periods.period_start
            and covered.period_end = periods.period_end
    inner join headlines on covered.city_code = headlines.city_code
)

select
    city_code,
    period_type,
    period_start,
    period_end,
    period_end = max(period_end) over (partition by city_code, period_type) as is_latest,
    coalesce(
        period_end = max(case when is_final then period_end end) over (partition by city_code, period_type), false
    ) as is_latest_final
from matured
