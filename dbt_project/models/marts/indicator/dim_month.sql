with months as (
    select distinct
        city_code,
        cast(date_trunc('month', day) as date) as period_start
    from {{ ref('fct_atom') }}
),

bounds as (
    select
        city_code,
        period_start,
        cast(period_start + interval '1 month' as date) as period_end
    from months
),

matured as (
    select
        bounds.*,
        bounds.period_end + interval '{{ var("maturity_days") }} days' <= as_of.as_of_local as is_final
    from bounds
    inner join {{ ref('int_city__as_of') }} as as_of on bounds.city_code = as_of.city_code
)

select
    city_code,
    period_start,
    period_end,
    case when is_final then 'final' else 'provisional' end as status,
    period_start = max(period_start) over (partition by city_code) as is_latest_month,
    coalesce(
        period_start = max(case when is_final then period_start end) over (partition by city_code), false
    ) as is_latest_final
from matured
