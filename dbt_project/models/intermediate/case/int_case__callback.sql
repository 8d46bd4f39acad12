with attempts as (
    select
        city_code,
        source,
        case_id,
        event_seq,
        event_at_utc as attempted_at_utc,
        coalesce(callback_result, 'unreachable') as callback_result,
        resolution,
        satisfaction
    from {{ ref('int_case__stage_events') }}
    where stage = 'callback_attempted'
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
