{# Numbers leave the platform as double precision; on every engine this is the adapter's float type. #}
{% macro as_double(expression) -%}
    cast({{ expression }} as {{ dbt.type_float() }})
{%- endmacro %}

{# Area levels from fine to coarse, so that "not finer than" is a comparison. #}
{% macro level_rank(level) -%}
    case {{ level }} when 'grid' then 1 when 'community' then 2 when 'street' then 3 when 'county' then 4 else 5 end
{%- endmacro %}
