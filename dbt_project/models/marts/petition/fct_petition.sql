{%- set key = ['city_code', 'case_id'] -%}
{%- set texts = ['matter_kind', 'outcome', 'satisfaction'] -%}

with spoken as (
    select
        {% for column in texts -%}
            {{ speaker(column, key) }} as {{ column }}_seq,
        {% endfor -%}
        *
    from {{ ref('int_petition__events') }}
)

select
    city_code,
    source,
    case_id,
    {% for column in texts -%}
        coalesce(max({{ column }}) filter (where event_seq = {{ column }}_seq), '') as {{ column }},
    {% endfor -%}
    count(*) filter (where is_collective) > 0 as is_collective,
    count(*) filter (where is_litigation_related) > 0 as is_litigation_related,
    min(event_at_utc) filter (where stage = 'notified') as notified_at_utc,
    cast(count(*) filter (where stage = 'review_decided') as integer) as reviews_decided
from spoken
group by city_code, source, case_id
