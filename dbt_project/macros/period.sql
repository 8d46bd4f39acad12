{# First day of the period of the kind `period_type` (an SQL expression) that the day lies in; weeks are ISO weeks,
   `to_date` runs from the first day of the year to the end of each of its months. #}
{% macro period_start(period_type, day) -%}
    case {{ period_type }}
        {%- for kind in var('period_types') %}
            when '{{ kind }}' then {{ period_start_of(kind, day) }}
        {%- endfor %}
    end
{%- endmacro %}

{# The same for one kind, known when the model is compiled. #}
{% macro period_start_of(kind, day) -%}
    {%- set cut = var('appraisal_cut_day') | int - 1 -%}
    {%- if kind == 'day' -%} {{ day }}
    {%- elif kind == 'appraisal_month' -%}
        cast(date_trunc('month', {{ day }} - interval '{{ cut }} days') + interval '{{ cut }} days' as date)
    {%- elif kind == 'half_year' -%}
        cast(
            date_trunc('year', {{ day }})
            + case when extract(month from {{ day }}) > 6 then interval '6 months' else interval '0 months' end as date
        )
    {%- else -%} cast(date_trunc('{{ "year" if kind == "to_date" else kind }}', {{ day }}) as date)
    {%- endif -%}
{%- endmacro %}

{# First day after the period of the kind that begins at `period_start`; `day` is any day of it. #}
{% macro period_end(period_type, period_start, day) -%}
    cast(
        case {{ period_type }}
            when 'day' then {{ period_start }} + interval '1 day'
            when 'week' then {{ period_start }} + interval '7 days'
            when 'quarter' then {{ period_start }} + interval '3 months'
            when 'half_year' then {{ period_start }} + interval '6 months'
            when 'year' then {{ period_start }} + interval '12 months'
            when 'to_date' then date_trunc('month', {{ day }}) + interval '1 month'
            else {{ period_start }} + interval '1 month'
        end as date
    )
{%- endmacro %}

{# A period in words: 2026年07月, 2026年第30周, 2026年第3季度, 2026年下半年, 2026年1至7月. #}
{% macro period_zh(period_type, period_start, period_end) -%}
    {%- set text = dbt.type_string() -%}
    case {{ period_type }}
        when 'month' then {{ month_zh(period_start) }}
        when 'day' then {{ day_zh(period_start) }}
        when 'week'
            then
                cast(extract(year from {{ period_start }} + interval '3 days') as {{ text }}) || '年第'
                || cast(extract(week from {{ period_start }}) as {{ text }}) || '周'
        when 'appraisal_month' then {{ month_zh(period_end) }} || '考核月'
        when 'quarter'
            then
                cast(extract(year from {{ period_start }}) as {{ text }}) || '年第'
                || cast(extract(quarter from {{ period_start }}) as {{ text }}) || '季度'
        when 'half_year'
            then
                cast(extract(year from {{ period_start }}) as {{ text }}) || '年'
                || case when extract(month from {{ period_start }}) = 1 then '上半年' else '下半年' end
        when 'year' then cast(extract(year from {{ period_start }}) as {{ text }}) || '年'
        when 'to_date'
            then
                cast(extract(year from {{ period_start }}) as {{ text }}) || '年1至'
                || cast(extract(month from cast({{ period_end }} - interval '1 day' as date)) as {{ text }}) || '月'
    end
{%- endmacro %}

{# All kinds of periods, one row each. #}
{% macro period_types() -%}
    {% for kind in var('period_types') -%}
        select '{{ kind }}' as period_type
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}

{# Kinds of periods that the catalogue's indicators with values name, one row each. #}
{% macro period_types_in_use() -%}
    select distinct kinds.period_type
    from {{ ref('indicator_catalogue') }} as definitions
    inner join ({{ period_types() }}) as kinds on {{ names_kind('definitions.period_types', 'kinds.period_type') }}
    where definitions.state <> 'refused'
{%- endmacro %}

{# Condition: the list, words parted by blanks, names the kind. #}
{% macro names_kind(period_types, period_type) -%}
    ' ' || {{ period_types }} || ' ' like '% ' || {{ period_type }} || ' %'
{%- endmacro %}
