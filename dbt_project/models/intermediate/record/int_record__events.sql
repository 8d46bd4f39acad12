{%- set columns = [
    'city_code', 'record_id', 'event_at_utc', 'record_kind', 'parent_record_id', 'measure_code', 'category_scheme',
    'category_code', 'unit_code', 'area_code', 'state', 'period_start_at_utc', 'period_end_at_utc', 'due_at_utc',
    'completed_at_utc', 'numerator', 'denominator', 'figure', 'figure_unit', 'sample_size', 'is_online_available',
] -%}

{{ in_order(ref('stg_department__record_events'), ['record_id'], columns) }}
