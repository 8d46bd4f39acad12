{#- Every period of every kind, known before any fact. What happens ahead of T is planned: its period is there too. -#}

with kinds as (
    {{ period_types() }}
),

numbers as (
    {{ dbt.generate_series(32768) }}
),

days as (
    select cast(cast('{{ var("first_day") }}' as date) + (generated_number - 1) * interval '1 day' as date) as day
    from numbers
),

starts as (
    select
        kinds.period_type,
        days.day,
        {{ period_start('kinds.period_type', 'days.day') }} as period_start
    from days
    cross join kinds
    where days.day <= (select max(as_of.as_of_local) + interval '366 days' from {{ ref('int_city__as_of') }} as as_of)
),

periods as (
    select distinct
        period_type,
        period_start,
        {{ period_end('period_type', 'period_start', 'day') }} as period_end
    from starts
)

select
    as_of.city_code,
    periods.period_type,
    periods.period_start,
    periods.period_end,
    {{ dbt.datediff('periods.period_end', 'as_of.as_of_local', 'day') }} as days_since_end
from {{ ref('int_city__as_of') }} as as_of
inner join periods
    on
        as_of.as_of_local + interval '366 days' >= periods.period_start
        -- A year runs to the end of a month that has begun; later ends would show the same figures again.
        and (periods.period_type <> 'to_date' or as_of.as_of_local >= periods.period_end - interval '1 month')
