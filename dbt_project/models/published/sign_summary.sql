-- One row per sign, local month and year: what a sensor or a yearly count says, without its single readings.
with spans as (
    select
        observations.*,
        spans.period_type,
        cast(date_trunc(spans.period_type, observations.observed_on) as date) as period_start
    from {{ ref('fct_sign_observation') }} as observations
    cross join (
        select 'month' as period_type
        union all
        select 'year' as period_type
    ) as spans
),

ranked as (
    select
        *,
        row_number() over (
            partition by city_code, sign_code, period_type, period_start
            order by observed_at_utc desc
        ) as readings_back
    from spans
),

summed as (
    select
        city_code,
        sign_code,
        period_type,
        period_start,
        max(sign_category) as sign_category,
        max(reading_unit) as reading_unit,
        count(*) as observations,
        min(reading) as reading_min,
        avg(reading) as reading_mean,
        max(reading) as reading_max,
        max(reading) filter (where readings_back = 1) as reading_last,
        max(observed_on) as last_observed_date
    from ranked
    group by city_code, sign_code, period_type, period_start
)

select
    summed.city_code,
    summed.sign_code,
    summed.period_type,
    summed.period_start,
    cities.city_name_zh,
    coalesce(signs.sign_name_zh, summed.sign_code) as sign_name_zh,
    coalesce(signs.measure_code, '') as measure_code,
    coalesce(signs.sign_category, summed.sign_category) as sign_category,
    coalesce(signs.area_level, '') as area_level,
    coalesce(signs.area_code, '') as area_code,
    coalesce(areas.area_name_zh, signs.area_code, '') as area_name_zh,
    coalesce(signs.reading_unit, summed.reading_unit) as reading_unit,
    summed.observations,
    {{ as_double('summed.reading_min') }} as reading_min,
    {{ as_double('summed.reading_mean') }} as reading_mean,
    {{ as_double('summed.reading_max') }} as reading_max,
    {{ as_double('summed.reading_last') }} as reading_last,
    summed.last_observed_date
from summed
inner join {{ ref('dim_city') }} as cities on summed.city_code = cities.city_code
left join {{ ref('dim_sign') }} as signs
    on
        summed.city_code = signs.city_code
        and summed.sign_code = signs.sign_code
left join {{ ref('dim_area') }} as areas
    on
        signs.city_code = areas.city_code
        and signs.area_level = areas.area_level
        and signs.area_code = areas.area_code
