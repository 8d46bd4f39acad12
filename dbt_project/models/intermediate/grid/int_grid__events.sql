{%- set columns = [
    'city_code', 'source', 'case_id', 'event_at_utc', 'native_stage', 'inspection_level', 'whistle_level',
    'unit_code', 'due_at_utc', 'grid_code', 'community_code', 'street_code',
] -%}

{{ in_order(ref('stg_grid__report_events'), ['case_id'], columns) }}
