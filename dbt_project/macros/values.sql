{# Numbers leave the platform as double precision; on every engine this is the adapter's float type. #}
{% macro as_double(expression) -%}
    cast({{ expression }} as {{ dbt.type_float() }})
{%- endmacro %}

{# Area levels from fine to coarse, so that "not finer than" is a comparison. #}
{% macro level_rank(level) -%}
    case {{ level }} when 'grid' then 1 when 'community' then 2 when 'street' then 3 when 'county' then 4 else 5 end
{%- endmacro %}

{# A duration told in steps, so that two times can't be put together from it: code of the step, empty where unknown. #}
{% macro duration_step(minutes) -%}
    case
        when {{ minutes }} is null then ''
        {%- for days, step in [
            (1, 'under_1_day'), (3, '1_to_3_days'), (7, '3_to_7_days'), (15, '7_to_15_days'), (30, '15_to_30_days'),
            (60, '30_to_60_days')
        ] %}
            when {{ minutes }} < {{ days * 1440 }} then '{{ step }}'
        {%- endfor %}
        else 'over_60_days'
    end
{%- endmacro %}

{# Hash of what the columns hold together; null and empty text differ. #}
{% macro content_hash(columns) -%}
    md5(
        {%- for column in columns %}
            coalesce('=' || cast({{ column }} as {{ dbt.type_string() }}), '-') || '|'
            {%- if not loop.last %} ||{% endif %}
        {%- endfor %}
    )
{%- endmacro %}


{# Tells the planner of a new table's rows, where what reads it joins more than the planner can guess. #}
{% macro analysed(relation) -%}
    {{ adapter.dispatch('analysed', 'citybrain')(relation) }}
{%- endmacro %}

{% macro default__analysed(relation) -%}
    analyze {{ relation }}
{%- endmacro %}

{% macro spark__analysed(relation) -%}
    analyze table {{ relation }} compute statistics
{%- endmacro %}

{# State of a value: final once its indicator has matured, whole local days after the end of its period. #}
{% macro maturity(days_since_end, maturity_days) -%}
    case when {{ days_since_end }} >= {{ maturity_days }} then 'final' else 'provisional' end
{%- endmacro %}

{# The indicator that a city is led by: its months are the board's, its ranking comes first. `cities`: a relation's alias. #}
{% macro headline(cities) -%}
    case when {{ cities }}.has_time_limits then 'T03a' else 'T04b' end
{%- endmacro %}
