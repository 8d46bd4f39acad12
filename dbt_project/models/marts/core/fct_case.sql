{{ config(pre_hook="{{ by_hash_alone() }}", post_hook="{{ analysed(this) }}") }}
{#- City, source and number name one case together. PostgreSQL takes them for independent, expects a handful of rows of
    each join, and would run through all call-backs once per case: minutes instead of seconds. -#}
with cases as (
    select
        life.*,
        incidents.incident_case_id,
        dues.clock,
        dues.due_at_utc as own_due_at_utc,
        coalesce(life.closed_at_utc, incidents.inherited_closed_at_utc) as final_closed_at_utc,
        coalesce(coalesce(life.closed_at_utc, incidents.inherited_closed_at_utc) < life.received_at_utc, false)
            as is_closed_before_receipt,
        as_of.as_of_utc,
        cast({{ to_local('life.received_at_utc', 'as_of.time_zone') }} as date) as received_on
    from {{ ref('int_case__lifecycle') }} as life
    inner join {{ ref('int_case__incident') }} as incidents
        on
            life.city_code = incidents.city_code
            and life.source = incidents.source
            and life.case_id = incidents.case_id
    inner join {{ ref('int_city__as_of') }} as as_of on life.city_code = as_of.city_code
    left join {{ ref('int_clock__due') }} as dues
        on
            life.city_code = dues.city_code
            and life.source = dues.source
            and life.case_id = dues.case_id
),

answers as (
    select
        city_code,
        source,
        case_id,
        cast(count(*) as integer) as callback_attempts,
        cast(count(*) filter (where is_valid) as integer) as callbacks_answered,
        max(attempt_no) filter (where is_valid) as last_valid_no
    from {{ ref('int_case__callback') }}
    group by city_code, source, case_id
)

select
    cases.city_code,
    cases.source,
    cases.case_id,
    cases.received_at_utc,
    cases.received_on,
    cast(date_trunc('month', cases.received_on) as date) as received_month,
    cases.is_receipt_inferred,
    cases.first_admitted_at_utc,
    cases.first_dispatched_at_utc,
    cases.first_handled_at_utc,
    cases.first_closed_at_utc,
    cases.final_closed_at_utc as closed_at_utc,
    cases.own_due_at_utc as due_at_utc,
    cases.due_at_utc as declared_due_at_utc,
    case
        when cases.is_voided then 'cancelled'
        when cases.final_closed_at_utc is not null then 'closed'
        else 'open'
    end as state,
    not cases.is_voided and not cases.is_information_only as is_counted,
    not cases.is_voided and not cases.is_information_only and not cases.is_duplicate as is_received,
    cases.is_information_only,
    cases.is_duplicate,
    cases.parent_case_id,
    cases.incident_case_id,
    cases.exclusion_code,
    -- A paused case has a clock and no deadline: it is not due until it is closed.
    cases.clock is not null
    and (cases.final_closed_at_utc is not null or coalesce(cases.own_due_at_utc <= cases.as_of_utc, false)) as is_due,
    case
        when cases.own_due_at_utc is null then null
        when cases.is_closed_before_receipt then false
        when cases.final_closed_at_utc is not null
            then {{ kept_deadline('cases.final_closed_at_utc', 'cases.own_due_at_utc', 'cases.clock') }}
        when cases.own_due_at_utc <= cases.as_of_utc then false
    end as is_on_time,
    case
        when cases.own_due_at_utc is null then null
        when cases.first_handled_at_utc is not null
            then {{ kept_deadline('cases.first_handled_at_utc', 'cases.own_due_at_utc', 'cases.clock') }}
        when cases.own_due_at_utc <= cases.as_of_utc then false
    end as is_handled_on_time,
    cases.final_closed_at_utc is not null or coalesce(cases.due_at_utc <= cases.as_of_utc, false) as is_declared_due,
    case
        when cases.due_at_utc is null then null
        when cases.is_closed_before_receipt then false
        when cases.final_closed_at_utc is not null then cases.final_closed_at_utc <= cases.due_at_utc
        when cases.due_at_utc <= cases.as_of_utc then false
    end as is_declared_on_time,
    -- A closing before the receipt ends the case, but nothing can be measured by it.
    case
        when not cases.is_closed_before_receipt
            then {{ minutes_between('cases.received_at_utc', 'cases.final_closed_at_utc') }}
    end as handled_minutes,
    cases.is_closed_before_receipt,
    cases.channel,
    cases.request_kind,
    cases.urgency,
    cases.category_scheme,
    case when categories.category_code is null then 'unclassified' else cases.category_code end as category_code,
    coalesce(categories.category_family, 'unclassified') as category_family,
    cases.unit_code,
    cases.grid_code,
    cases.community_code,
    cases.street_code,
    cases.locate_method,
    cases.has_location,
    cases.grid_code <> '' as is_located,
    cases.reopened_count,
    cases.returned_count,
    cases.illegal_transitions,
    coalesce(answers.callback_attempts, 0) as callback_attempts,
    coalesce(answers.callbacks_answered, 0) as callbacks_answered,
    coalesce(last_answer.resolution, '') as resolution,
    coalesce(last_answer.satisfaction, cases.rated_satisfaction, '') as satisfaction,
    cases.events_count,
    cases.first_event_at_utc,
    cases.last_event_at_utc,
    cases.as_of_utc
from cases
left join {{ ref('dim_category') }} as categories
    on
        cases.city_code = categories.city_code
        and cases.category_scheme = categories.category_scheme
        and cases.category_code = categories.category_code
left join answers
    on
        cases.city_code = answers.city_code
        and cases.source = answers.source
        and cases.case_id = answers.case_id
left join {{ ref('int_case__callback') }} as last_answer
    on
        answers.city_code = last_answer.city_code
        and answers.source = last_answer.source
        and answers.case_id = last_answer.case_id
        and answers.last_valid_no = last_answer.attempt_no
