{# made by `citybrain contracts render`; do not edit #}
{# Staging models of all topics. #}
{% macro event_models() -%}
    {{ return([
        'stg_camera__detection_events',
        'stg_camera__device_events',
        'stg_department__case_events',
        'stg_department__dispute_events',
        'stg_department__record_events',
        'stg_department__service_events',
        'stg_grid__report_events',
        'stg_hotline__call_events',
        'stg_hotline__ticket_events',
        'stg_petition__matter_events',
        'stg_sign__observation_events',
    ]) }}
{%- endmacro %}

{# Staging models of the topics that tell of cases. #}
{% macro case_event_models() -%}
    {{ return([
        'stg_department__case_events',
        'stg_department__dispute_events',
        'stg_department__service_events',
        'stg_grid__report_events',
        'stg_hotline__ticket_events',
        'stg_petition__matter_events',
    ]) }}
{%- endmacro %}
