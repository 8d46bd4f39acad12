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
    {{ minutes_between(
        "min(event_at_utc) filter (where stage = 'received')", "min(event_at_utc) filter (where stage = 'admitted')"
    ) }} as accepted_after_minutes,
    {{ minutes_between(
        "min(event_at_utc) filter (where stage = 'admitted')", "min(event_at_utc) filter (where stage = 'handled')"
    ) }} as replied_after_minutes,
    cast(count(*) filter (where stage = 'review_decided') as integer) as reviews_decided,
    cast(
        count(*) filter (where stage = 'review_decided' and review_result in ('changed', 'revoked')) as integer
    ) as reviews_changed
from spoken
group by city_code, source, case_id
