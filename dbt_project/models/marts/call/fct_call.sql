with calls as (
    select
        *,
        row_number() over (
            partition by city_code, call_id
            order by event_seq desc
        ) as events_back,
        count(*) over (partition by city_code, call_id) as events_of_call
    from {{ ref('int_call__events') }}
)

select
    calls.city_code,
    calls.call_id,
    calls.stage,
    coalesce(calls.channel, '') as channel,
    coalesce(calls.skill_group, '') as skill_group,
    coalesce(calls.offered_at_utc, calls.event_at_utc) as offered_at_utc,
    cast(
        {{ to_local('coalesce(calls.offered_at_utc, calls.event_at_utc)', 'as_of.time_zone') }} as date
    ) as offered_on,
    calls.event_at_utc as ended_at_utc,
    calls.wait_seconds,
    case when calls.stage = 'answered' then calls.talk_seconds end as talk_seconds,
    calls.stage = 'answered' as is_answered,
    calls.stage = 'answered' and coalesce(calls.is_settled_at_desk, false) as is_settled_at_desk,
    coalesce(calls.is_ticket_created, false) as is_ticket_created,
    cast(calls.events_of_call as integer) as events_count
from calls
inner join {{ ref('int_city__as_of') }} as as_of on calls.city_code = as_of.city_code
where calls.events_back = 1
