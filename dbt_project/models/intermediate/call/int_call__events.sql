{%- set columns = [
    'city_code', 'call_id', 'event_at_utc', 'channel', 'skill_group', 'offered_at_utc', 'wait_seconds',
    'talk_seconds', 'is_settled_at_desk', 'is_ticket_created',
] -%}

{{ in_order(ref('stg_hotline__call_events'), ['call_id'], columns) }}
