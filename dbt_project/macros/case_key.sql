{# Key of a case inside its city: the source system (`/city/system`) and the system's own number, for two systems of one
   city may use the same number. #}
{% macro case_key(number) -%}
    event_source || '/' || {{ number }}
{%- endmacro %}
