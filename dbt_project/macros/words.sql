{# Words for readers, the same on every engine and in every table that leaves. #}

{% macro month_zh(day) -%}
    cast(extract(year from {{ day }}) as {{ dbt.type_string() }}) || '年'
    || lpad(cast(extract(month from {{ day }}) as {{ dbt.type_string() }}), 2, '0') || '月'
{%- endmacro %}

{% macro day_zh(day) -%}
    {{ month_zh(day) }} || lpad(cast(extract(day from {{ day }}) as {{ dbt.type_string() }}), 2, '0') || '日'
{%- endmacro %}

{# 2026-01-05 08:00:00 -> 2026年01月05日 08:00 #}
{% macro minute_zh(local) -%}
    {{ day_zh(local) }} || ' ' || substring(cast({{ local }} as {{ dbt.type_string() }}), 12, 5)
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

{# 812.4166 -> 812.42 #}
{% macro decimal_zh(value) -%}
    cast(cast({{ value }} as decimal(18, 2)) as {{ dbt.type_string() }})
{%- endmacro %}

{# What a cell says: its figure, or why it has none. #}
{% macro value_zh(value, unit, suppressed, na_reason) -%}
    case
        when {{ suppressed }} then '隐去'
        when {{ na_reason }} = 'empty_denominator' then '—'
        when {{ na_reason }} <> '' then '不适用'
        when {{ unit }} = 'fraction' then {{ percent_zh(value) }}
        when {{ unit }} in ('cases', 'incidents') then {{ count_zh(value) }}
        when {{ unit }} = 'seconds' then {{ decimal_zh(value) }} || '秒'
        when {{ unit }} = 'minutes' then {{ decimal_zh(value) }} || '分钟'
        when {{ unit }} = 'hours' then {{ decimal_zh(value) }} || '小时'
        when {{ unit }} = 'days' then {{ decimal_zh(value) }} || '天'
        when {{ value }} = floor({{ value }}) then {{ count_zh(value) }}
        else {{ decimal_zh(value) }}
    end
{%- endmacro %}
