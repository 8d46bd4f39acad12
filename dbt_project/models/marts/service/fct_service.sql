{%- set key = ['city_code', 'case_id'] -%}
{%- set texts = ['service_code', 'subject_kind', 'decision', 'rating'] -%}
{%- set numbers = ['committed_work_days', 'statutory_work_days', 'visits'] -%}
{%- set marks = ['is_online_throughout', 'is_integrated'] -%}

with spoken as (
    select
        {% for column in texts + numbers + marks -%}
            {{ speaker(column, key) }} as {{ column }}_seq,
        {% endfor -%}
        *
    from {{ ref('int_service__events') }}
),

applications as (
    select
        city_code,
        source,
        case_id,
        {% for column in texts -%}
            coalesce(max({{ column }}) filter (where event_seq = {{ column }}_seq), '') as {{ column }},
        {% endfor -%}
        {% for column in numbers -%}
            max({{ column }}) filter (where event_seq = {{ column }}_seq) as {{ column }},
        {% endfor -%}
        {% for column in marks -%}
            bool_or({{ column }}) filter (where event_seq = {{ column }}_seq) as {{ column }},
        {% endfor -%}
        count(*) filter (where native_stage = 'not_accepted') > 0 as is_not_accepted,
        cast(count(*) filter (where stage = 'paused') as integer) as supplements,
        min(event_at_utc) filter (where stage = 'handled') as decided_at_utc,
        min(event_at_utc) filter (where stage = 'delivered') as delivered_at_utc,
        max(event_at_utc) filter (where event_seq = rating_seq) as rated_at_utc,
        max(event_at_utc) filter (where stage = 'rectified') as rectified_at_utc
    from spoken
    group by city_code, source, case_id
)

select
    applications.city_code,
    applications.source,
    applications.case_id,
    applications.service_code,
    applications.subject_kind,
    applications.is_not_accepted,
    applications.decision,
    applications.committed_work_days,
    applications.statutory_work_days,
    applications.visits,
    applications.is_online_throughout,
    applications.is_integrated,
    applications.supplements,
    applications.decided_at_utc,
    applications.delivered_at_utc,
    applications.rating,
    applications.rated_at_utc,
    -- Only what was said after the grade answers it.
    case when applications.rectified_at_utc >= applications.rated_at_utc then applications.rectified_at_utc end
        as rectified_at_utc
from applications
