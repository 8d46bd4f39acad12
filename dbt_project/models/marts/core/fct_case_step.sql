{#- The steps on the way to an answer that a city sets limits for (`stage_limit`), and whether each came within its own;
    cases of other sources and cities have none. -#}
{%- set steps = ['admitted', 'dispatched', 'signed', 'contacted', 'notified'] -%}

with limited as (
    select distinct
        city_code,
        source
    from {{ ref('stage_limit') }}
),

cases as (
    select
        life.*,
        as_of.as_of_utc,
        as_of.time_zone
    from {{ ref('int_case__lifecycle') }} as life
    inner join limited on life.city_code = limited.city_code and life.source = limited.source
    inner join {{ ref('int_city__as_of') }} as as_of on life.city_code = as_of.city_code
),

begun as (
    select
        cases.city_code,
        cases.source,
        cases.case_id,
        cases.as_of_utc,
        cases.time_zone,
        limits.stage,
        limits.clock,
        limits.time_limit,
        case limits.starts_with
            when 'received' then cases.received_at_utc
            when 'admitted' then cases.first_admitted_at_utc
            when 'dispatched' then cases.first_dispatched_at_utc
        end as started_at_utc,
        case limits.stage
            {%- for step in steps %}
                when '{{ step }}' then cases.first_{{ step }}_at_utc
            {%- endfor %}
        end as reached_at_utc
    from cases
    inner join {{ ref('stage_limit') }} as limits
        on
            cases.city_code = limits.city_code
            and cases.source = limits.source
            and (limits.urgency is null or cases.urgency = limits.urgency)
),

judged as (
    -- Not reached by now stands for the latest that it can still be.
    select
        city_code,
        source,
        case_id,
        {% for found, at in [('is_reached_in_time', 'reached_at_utc'), ('can_be_in_time', 'as_of_utc')] -%}
            case
                when clock = 'urgent_hour' then {{ at }} <= started_at_utc + time_limit * interval '1 hour'
                else
                    cast({{ to_local(at, 'time_zone') }} as date)
                    <= cast({{ to_local('started_at_utc', 'time_zone') }} as date) + time_limit * interval '1 day'
            end as {{ found }},
        {% endfor -%}
        stage
    from begun
),

known as (
    select
        *,
        case when not can_be_in_time then coalesce(is_reached_in_time, false) else is_reached_in_time end as is_in_time
    from judged
),

steps as (
    select
        {% for step in steps -%}
            bool_or(is_in_time) filter (where stage = '{{ step }}') as is_{{ step }}_in_time,
        {% endfor -%}
        city_code,
        source,
        case_id
    from known
    group by city_code, source, case_id
)

select
    cases.city_code,
    cases.source,
    cases.case_id,
    {% for step in steps -%}
        steps.is_{{ step }}_in_time,
    {% endfor -%}
    cases.first_signed_at_utc,
    cases.first_contacted_at_utc,
    cases.first_notified_at_utc,
    cases.first_rated_at_utc,
    cases.dispatched_count,
    cases.extensions_approved
from cases
left join steps
    on
        cases.city_code = steps.city_code
        and cases.source = steps.source
        and cases.case_id = steps.case_id
