{# All layers live in the one schema of the run (wap_<run>), so that a run can be dropped as a whole; what stays between
   builds has a schema of its own. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
