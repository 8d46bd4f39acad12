{%- set columns = [
    'city_code', 'source', 'case_id', 'event_at_utc', 'native_stage', 'service_code', 'subject_kind', 'decision',
    'committed_work_days', 'statutory_work_days', 'visits', 'is_online_throughout', 'is_integrated', 'rating',
] -%}

{{ in_order(ref('stg_department__service_events'), ['case_id'], columns) }}
