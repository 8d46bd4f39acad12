{{ config(materialized='view') }}
{#- One shape for the events of all case sources. Where a source's own word for a column differs, it is said here;
    null: the source doesn't know such a thing. -#}
{%- set text = dbt.type_string() -%}
{#- 好差评 has five grades in words of its own. -#}
{%- set grade_of_rating -%}
case rating
            when 'very_good' then 'very_satisfied'
            when 'good' then 'satisfied'
            when 'fair' then 'basically_satisfied'
            when 'poor' then 'dissatisfied'
            when 'very_poor' then 'very_dissatisfied'
        end
{%- endset -%}
{%- set sources = {
    'stg_hotline__ticket_events': {},
    'stg_petition__matter_events': {
        'request_kind': 'matter_kind', 'urgency': none, 'has_coordinates': 'false', 'is_information_only': 'false',
        'callback_result': none, 'resolution': none,
    },
    'stg_department__case_events': {
        'channel': 'report_source', 'request_kind': 'object_kind', 'is_information_only': 'false',
        'callback_result': none, 'resolution': none, 'satisfaction': none,
    },
    'stg_department__service_events': {
        'request_kind': none, 'urgency': none, 'has_coordinates': 'false', 'parent_case_id': none,
        'is_duplicate': 'false', 'is_information_only': 'false', 'callback_result': none, 'resolution': none,
        'satisfaction': grade_of_rating,
    },
    'stg_department__dispute_events': {
        'channel': 'found_by', 'request_kind': none, 'urgency': none, 'has_coordinates': 'false',
        'parent_case_id': none, 'is_duplicate': 'false', 'is_information_only': 'false', 'callback_result': none,
        'resolution': none, 'satisfaction': none,
    },
    'stg_grid__report_events': {
        'channel': none, 'request_kind': 'report_kind', 'is_information_only': "report_kind = 'inspection'",
        'callback_result': none, 'resolution': none, 'satisfaction': none,
    },
} -%}
{%- set columns = [
    'event_id', 'event_at_utc', 'recorded_at_utc', 'known_at_utc', 'city_code', 'case_id', 'family', 'source',
    'native_stage', 'basis', 'channel', 'category_scheme', 'category_code', 'request_kind', 'urgency', 'unit_code',
    'area_code', 'has_coordinates', 'due_at_utc', 'parent_case_id', 'is_duplicate', 'is_information_only',
    'exclusion_code', 'callback_result', 'resolution', 'satisfaction', 'notice_colour', 'grid_code', 'community_code',
    'street_code', 'locate_method',
] -%}

{% for source, own in sources.items() %}
    {%- set said = {'has_coordinates': 'longitude is not null and latitude is not null'} %}
    {%- do said.update(own) %}
    select
        {% for column in columns %}
            {%- set expression = said.get(column, column) %}
            {{- 'cast(null as ' ~ text ~ ')' if expression is none else expression }}
            {%- if expression != column %} as {{ column }}{% endif %}
            {%- if not loop.last %},
            {% endif %}
        {%- endfor %}
    from {{ ref(source) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
