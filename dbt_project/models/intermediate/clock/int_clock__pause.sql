-- A pause lasts until the next stage that changes the state, said or not: a closing resumes what was paused.
with states as (
    select
        city_code,
        source,
        case_id,
        event_seq,
        stage,
        event_at_utc as paused_at_utc,
        lead(event_at_utc) over (partition by city_code, source, case_id order by event_seq) as resumed_at_utc
    from {{ ref('int_case__stage_events') }}
    where previous_stage is not null
)

select
    city_code,
    source,
    case_id,
    event_seq,
    paused_at_utc,
    resumed_at_utc
from states
where stage = 'paused'
