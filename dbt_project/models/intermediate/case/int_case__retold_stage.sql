{{ config(pre_hook="{{ forget_touched('case_id') }}") }}
-- What happens once in a round of a case, and was told more than once: the receipt, and the closing after the last
-- re-opening. The last correction of it holds; where none is one, the earliest time does, and the others contradict it.
with rounds as (
    select
        events.city_code,
        events.source,
        events.case_id,
        events.stage,
        events.event_seq,
        events.basis,
        events.event_at_utc,
        events.recorded_at_utc,
        max(case when events.stage = 'reopened' then events.event_seq else 0 end) over (
            partition by events.city_code, events.source, events.case_id
        ) as reopened_seq
    from {{ ref('int_case__stage_events') }} as events
    {{- touched('events', 'case_id') }}
    where events.stage in ('received', 'closed', 'reopened')
),

told as (
    select
        *,
        count(*) over (partition by city_code, source, case_id, stage) as times_told,
        row_number() over (
            partition by city_code, source, case_id, stage
            order by
                case when basis = 'corrected' then 0 else 1 end,
                case when basis = 'corrected' then recorded_at_utc end desc,
                event_seq
        ) as told_back,
        max(case when basis = 'corrected' then 1 else 0 end) over (
            partition by city_code, source, case_id, stage
        ) = 1 as is_corrected
    from rounds
    where stage = 'received' or (stage = 'closed' and event_seq > reopened_seq)
)

select
    city_code,
    source,
    case_id,
    stage,
    event_seq,
    event_at_utc,
    recorded_at_utc,
    told_back = 1 as holds,
    case
        when told_back = 1 then ''
        when is_corrected then 'corrected'
        else 'conflicting'
    end as finding
from told
where times_told > 1
