with states as (
    select
        city_code,
        device_id,
        event_at_utc,
        stage,
        device_class,
        outage_reason,
        event_seq,
        lag(stage, 1, 'online') over (
            partition by city_code, device_id
            order by event_seq
        ) as previous_stage
    from {{ ref('int_device__events') }}
    where changes_state
),

-- A device that says `offline` again is still in the same outage.
turns as (
    select
        *,
        lead(event_at_utc) over (
            partition by city_code, device_id
            order by event_seq
        ) as next_turn_at_utc
    from states
    where stage <> previous_stage
)

select
    turns.city_code,
    turns.device_id,
    row_number() over (
        partition by turns.city_code, turns.device_id
        order by turns.event_seq
    ) as outage_no,
    coalesce(turns.device_class, '') as device_class,
    turns.event_at_utc as offline_at_utc,
    turns.next_turn_at_utc as online_at_utc,
    turns.next_turn_at_utc is null as is_open,
    {{ minutes_between('turns.event_at_utc', 'coalesce(turns.next_turn_at_utc, as_of.as_of_utc)') }}
        as outage_minutes,
    coalesce(turns.outage_reason, 'unknown') as outage_reason
from turns
inner join {{ ref('int_city__as_of') }} as as_of on turns.city_code = as_of.city_code
where turns.stage = 'offline'
