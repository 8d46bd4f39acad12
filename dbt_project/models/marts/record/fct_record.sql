{#- A register tells only what changed: each column keeps the last thing that was said of it. -#}
{%- set key = ['city_code', 'record_id'] -%}
{%- set texts = [
    'record_kind', 'parent_record_id', 'measure_code', 'category_scheme', 'category_code', 'unit_code', 'area_code',
    'state', 'figure_unit',
] -%}
{%- set values = [
    'period_start_at_utc', 'period_end_at_utc', 'due_at_utc', 'completed_at_utc', 'numerator', 'denominator', 'figure',
    'sample_size',
] -%}

with spoken as (
    select
        *,
        {% for column in texts + values + ['is_online_available'] -%}
            {{ speaker(column, key) }} as {{ column }}_seq,
        {% endfor -%}
        max(event_seq) over (partition by {{ key | join(', ') }}) as last_seq
    from {{ ref('int_record__events') }}
)

select
    city_code,
    record_id,
    {% for column in texts -%}
        coalesce(max({{ column }}) filter (where event_seq = {{ column }}_seq), '') as {{ column }},
    {% endfor -%}
    {% for column in values -%}
        max({{ column }}) filter (where event_seq = {{ column }}_seq) as {{ column }},
    {% endfor -%}
    bool_or(is_online_available) filter (where event_seq = is_online_available_seq) as is_online_available,
    max(stage) filter (where event_seq = last_seq) as stage,
    max(stage) filter (where event_seq = last_seq) = 'withdrawn' as is_withdrawn,
    min(event_at_utc) as first_event_at_utc,
    max(event_at_utc) as last_event_at_utc,
    cast(count(*) as integer) as events_count
from spoken
group by city_code, record_id
