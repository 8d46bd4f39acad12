{%- set measured = 'events.online_minutes is not null and events.window_minutes is not null' -%}

select
    events.city_code,
    events.device_id,
    cast({{ to_local('events.event_at_utc', 'as_of.time_zone') }} as date) as day,
    coalesce(max(events.device_class), '') as device_class,
    coalesce(max(events.grid_code), '') as grid_code,
    coalesce(max(events.community_code), '') as community_code,
    coalesce(max(events.street_code), '') as street_code,
    cast(count(*) filter (where events.stage = 'heartbeat') as integer) as heartbeats,
    -- Only heartbeats that say both; a window can't hold more minutes than its length.
    cast(coalesce(sum(events.window_minutes) filter (where {{ measured }}), 0) as bigint) as window_minutes,
    cast(
        coalesce(sum(least(events.online_minutes, events.window_minutes)) filter (where {{ measured }}), 0) as bigint
    ) as online_minutes,
    cast(count(*) filter (where events.stage = 'image_checked') as integer) as images_checked,
    cast(
        count(*) filter (where events.stage = 'image_checked' and events.check_result = 'clear') as integer
    ) as images_clear,
    cast(count(*) filter (where events.stage = 'maintenance') as integer) as maintenances,
    cast(count(*) as integer) as events_count
from {{ ref('int_device__events') }} as events
inner join {{ ref('int_city__as_of') }} as as_of on events.city_code = as_of.city_code
group by
    events.city_code, events.device_id, cast({{ to_local('events.event_at_utc', 'as_of.time_zone') }} as date)
