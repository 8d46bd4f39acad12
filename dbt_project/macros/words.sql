{# Words for readers, the same on every engine and in every table that leaves. #}

{% macro month_zh(day) -%}
    cast(extract(year from {{ day }}) as {{ dbt.type_string() }}) || '年'
    || lpad(cast(extract(month from {{ day }}) as {{ dbt.type_string() }}), 2, '0') || '月'
{%- endmacro %}

{# 2026-01-05 08:00:00 -> 2026年01月05日 08:00 #}
{% macro minute_zh(local) -%}
    {{ month_zh(local) }} || lpad(cast(extract(day from {{ local }}) as {{ dbt.type_string() }}), 2, '0') || '日 '
    || substring(cast({{ local }} as {{ dbt.type_string() }}), 12, 5)
{%- endmacro %}

{# 0.8931 -> 89.3% #}
{% macro percent_zh(fraction) -%}
    cast(cast(100 * {{ fraction }} as decimal(12, 1)) as {{ dbt.type_string() }}) || '%'
{%- endmacro %}

{# 9999 -> 9,999; 12345 -> 1.23万; 234567890 -> 2.35亿 #}
{% macro count_zh(count) -%}
    case
        when {{ count }} >= 100000000
            then cast(cast({{ count }} / 100000000.0 as decimal(18, 2)) as {{ dbt.type_string() }}) || '亿'
        when {{ count }} >= 10000
            then cast(cast({{ count }} / 10000.0 as decimal(18, 2)) as {{ dbt.type_string() }}) || '万'
        when {{ count }} >= 1000
            then
                cast(cast(floor({{ count }} / 1000) as integer) as {{ dbt.type_string() }}) || ','
                || lpad(cast(cast({{ count }} as integer) % 1000 as {{ dbt.type_string() }}), 3, '0')
        else cast(cast({{ count }} as integer) as {{ dbt.type_string() }})
    end
{%- endmacro %}

{# What a cell says: its figure, or why it has none. #}
{% macro value_zh(value, unit, suppressed, na_reason) -%}
    case
        when {{ suppressed }} then '隐去'
        when {{ na_reason }} = 'empty_denominator' then '—'
        when {{ na_reason }} <> '' then '不适用'
        when {{ unit }} = 'fraction' then {{ percent_zh(value) }}
        else {{ count_zh(value) }}
    end
{%- endmacro %}
