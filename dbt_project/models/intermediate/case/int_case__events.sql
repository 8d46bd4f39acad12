{{ config(materialized='view') }}
{#- One shape for the events of all case sources. A source's own word for a column is said in its contract. -#}
{%- set columns = [
    'event_id', 'event_at_utc', 'recorded_at_utc', 'known_at_utc', 'city_code', 'case_id', 'family', 'source',
    'native_stage', 'basis', 'channel', 'category_scheme', 'category_code', 'request_kind', 'urgency', 'unit_code',
    'area_code', 'has_coordinates', 'due_at_utc', 'parent_case_id', 'is_duplicate', 'is_information_only',
    'exclusion_code', 'callback_result', 'resolution', 'satisfaction', 'notice_colour', 'grid_code', 'community_code',
    'street_code', 'locate_method', 'kafka_partition', 'kafka_offset',
] -%}

{% for model in case_event_models() %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
