{%- set columns = [
    'city_code', 'device_id', 'event_at_utc', 'device_class', 'window_minutes', 'online_minutes', 'check_result',
    'outage_reason', 'grid_code', 'community_code', 'street_code',
] -%}

{{ in_order(ref('stg_camera__device_events'), ['device_id'], columns) }}
