{%- set columns = [
    'city_code', 'sign_code', 'event_at_utc', 'sign_category', 'observed_at_utc', 'reading', 'reading_unit',
    'quality', 'unit_code',
] -%}

{{ in_order(ref('stg_sign__observation_events'), ['sign_code'], columns) }}
