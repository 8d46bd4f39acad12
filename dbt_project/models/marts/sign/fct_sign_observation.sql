-- A correction names the instant that it corrects; the last thing said of an instant holds.
with observations as (
    select
        *,
        coalesce(observed_at_utc, event_at_utc) as stands_for_utc
    from {{ ref('int_sign__events') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by city_code, sign_code, stands_for_utc
            order by event_seq desc
        ) as events_back,
        count(*) over (partition by city_code, sign_code, stands_for_utc) as events_of_observation
    from observations
)

select
    ranked.city_code,
    ranked.sign_code,
    ranked.stands_for_utc as observed_at_utc,
    cast({{ to_local('ranked.stands_for_utc', 'as_of.time_zone') }} as date) as observed_on,
    coalesce(ranked.sign_category, '') as sign_category,
    ranked.reading,
    coalesce(ranked.reading_unit, '') as reading_unit,
    coalesce(ranked.quality, '') as quality,
    coalesce(ranked.unit_code, '') as unit_code,
    ranked.stage = 'corrected' as is_corrected,
    ranked.event_at_utc as last_event_at_utc,
    cast(ranked.events_of_observation as integer) as events_count
from ranked
inner join {{ ref('int_city__as_of') }} as as_of on ranked.city_code = as_of.city_code
where ranked.events_back = 1
