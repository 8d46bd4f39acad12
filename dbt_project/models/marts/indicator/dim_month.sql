with months as (
    select
        city_code,
        cast(date_trunc('month', day) as date) as period_start,
        bool_or(atom_id = 'case_counted') as has_cases
    from {{ ref('fct_atom') }}
    group by city_code, cast(date_trunc('month', day) as date)
),

bounds as (
    select
        city_code,
        period_start,
        cast(period_start + interval '1 month' as date) as period_end,
        has_cases
    from months
),

matured as (
    select
        bounds.*,
        bounds.period_end + interval '{{ var("maturity_days") }} days' <= as_of.as_of_local as is_final
    from bounds
    inner join {{ ref('int_city__as_of') }} as as_of on bounds.city_code = as_of.city_code
),

newest as (
    select
        city_code,
        max(period_start) filter (where has_cases) as latest_month,
        max(period_start) filter (where has_cases and is_final) as latest_final
    from matured
    group by city_code
)

select
    matured.city_code,
    matured.period_start,
    matured.period_end,
    case when matured.is_final then 'final' else 'provisional' end as status,
    matured.has_cases,
    coalesce(matured.period_start = newest.latest_month, false) as is_latest_month,
    coalesce(matured.period_start = newest.latest_final, false) as is_latest_final
from matured
inner join newest on matured.city_code = newest.city_code
