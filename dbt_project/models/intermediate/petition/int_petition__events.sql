{%- set columns = [
    'city_code', 'source', 'case_id', 'event_at_utc', 'matter_kind', 'is_collective', 'is_litigation_related',
    'outcome', 'review_round', 'review_result', 'satisfaction',
] -%}

{{ in_order(ref('stg_petition__matter_events'), ['case_id'], columns) }}
