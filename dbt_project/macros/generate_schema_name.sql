{# All layers live in the one schema of the run (wap_<run>), so that a run can be dropped as a whole. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema }}
{%- endmacro %}
