{# Name of the incident whose earliest report this is, as `streams.fusion.incidents` makes it: the first 32 hex digits of
   SHA-256 over city, source and subject with `|` between. A report that fusion has not weighed yet gets no other name
   than the one that it keeps if it stays alone. #}
{% macro incident_id(city_code, source, subject) -%}
    {{ adapter.dispatch('incident_id', 'citybrain')(city_code ~ " || '|' || " ~ source ~ " || '|' || " ~ subject) }}
{%- endmacro %}

{% macro default__incident_id(text) -%}
    substr(encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex'), 1, 32)
{%- endmacro %}

{% macro spark__incident_id(text) -%}
    substr(sha2({{ text }}, 256), 1, 32)
{%- endmacro %}
