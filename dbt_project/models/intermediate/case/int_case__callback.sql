{{ config(pre_hook="{{ forget_touched('case_id') }}") }}
with attempts as (
    select
        events.city_code,
        events.source,
        events.case_id,
        events.event_seq,
        events.event_at_utc as attempted_at_utc,
        coalesce(events.callback_result, 'unreachable') as callback_result,
        events.resolution,
        events.satisfaction
    from {{ ref('int_case__stage_events') }} as events
    {{- touched('events', 'case_id') }}
    where events.stage = 'callback_attempted'
)

select
    attempts.city_code,
    attempts.source,
    attempts.case_id,
    row_number() over (
        partition by attempts.city_code, attempts.source, attempts.case_id
        order by attempts.event_seq
    ) as attempt_no,
    attempts.attempted_at_utc,
    cast({{ to_local('attempts.attempted_at_utc', 'as_of.time_zone') }} as date) as attempted_on,
    attempts.callback_result,
    attempts.callback_result = 'answered' as is_valid,
    case when attempts.callback_result = 'answered' then attempts.resolution end as resolution,
    case when attempts.callback_result = 'answered' then attempts.satisfaction end as satisfaction
from attempts
inner join {{ ref('int_city__as_of') }} as as_of on attempts.city_code = as_of.city_code
