{{ config(pre_hook="{{ forget_touched('case_id') }}") }}
{#- Which event speaks for each attribute: its sequence number, found once per case. Portable: no `ignore nulls`. -#}
{%- set last_known = [
    'category_code', 'request_kind', 'urgency', 'due_at_utc', 'parent_case_id', 'exclusion_code'
] -%}

with events as (
    select events.*
    from {{ ref('int_case__stage_events') }} as events
    {{- touched('events', 'case_id') }}
),

marks as (
    select
        city_code,
        source,
        case_id,
        min(event_seq) filter (where channel is not null) as channel_seq,
        {% for column in last_known -%}
            max(event_seq) filter (where {{ column }} is not null) as {{ column }}_seq,
        {% endfor -%}
        max(event_seq) filter (where assigns_unit and unit_code is not null) as unit_seq,
        max(event_seq) filter (where satisfaction is not null and stage <> 'callback_attempted') as rated_seq,
        coalesce(
            max(event_seq) filter (where locate_method = 'polygon'),
            max(event_seq) filter (where locate_method = 'declared')
        ) as location_seq,
        coalesce(max(event_seq) filter (where stage = 'reopened'), 0) as reopened_seq
    from events
    group by city_code, source, case_id
),

retold as (
    select
        stages.city_code,
        stages.source,
        stages.case_id,
        max(stages.event_at_utc) filter (where stages.stage = 'received') as received_at_utc,
        max(stages.event_at_utc) filter (where stages.stage = 'closed') as closed_at_utc
    from {{ ref('int_case__retold_stage') }} as stages
    {{- touched('stages', 'case_id') }}
    where stages.holds
    group by stages.city_code, stages.source, stages.case_id
)

select
    events.city_code,
    events.source,
    events.case_id,
    coalesce(
        max(retold.received_at_utc),
        min(events.event_at_utc) filter (where events.stage = 'received'),
        min(events.event_at_utc)
    ) as received_at_utc,
    count(*) filter (where events.stage = 'received') = 0 as is_receipt_inferred,
    min(events.event_at_utc) filter (where events.stage = 'admitted') as first_admitted_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'dispatched') as first_dispatched_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'signed') as first_signed_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'contacted') as first_contacted_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'notified') as first_notified_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'rated') as first_rated_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'handled') as first_handled_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'closed') as first_closed_at_utc,
    coalesce(
        max(retold.closed_at_utc),
        min(events.event_at_utc) filter (where events.stage = 'closed' and events.event_seq > marks.reopened_seq)
    ) as closed_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'merged') as merged_at_utc,
    min(events.event_at_utc) filter (where events.stage = 'voided') as voided_at_utc,
    max(events.due_at_utc) filter (where events.event_seq = marks.due_at_utc_seq) as due_at_utc,
    count(*) filter (where events.stage = 'voided') > 0 as is_voided,
    count(*) filter (where events.stage = 'merged' or events.is_duplicate) > 0 as is_duplicate,
    count(*) filter (where events.is_information_only) > 0 as is_information_only,
    max(events.parent_case_id) filter (where events.event_seq = marks.parent_case_id_seq) as parent_case_id,
    coalesce(max(events.exclusion_code) filter (where events.event_seq = marks.exclusion_code_seq), '')
        as exclusion_code,
    coalesce(max(events.channel) filter (where events.event_seq = marks.channel_seq), '') as channel,
    coalesce(max(events.request_kind) filter (where events.event_seq = marks.request_kind_seq), '') as request_kind,
    coalesce(max(events.urgency) filter (where events.event_seq = marks.urgency_seq), '') as urgency,
    coalesce(max(events.category_scheme) filter (where events.event_seq = marks.category_code_seq), '')
        as category_scheme,
    coalesce(max(events.category_code) filter (where events.event_seq = marks.category_code_seq), '')
        as category_code,
    coalesce(max(events.unit_code) filter (where events.event_seq = marks.unit_seq), '') as unit_code,
    coalesce(max(events.grid_code) filter (where events.event_seq = marks.location_seq), '') as grid_code,
    coalesce(max(events.community_code) filter (where events.event_seq = marks.location_seq), '') as community_code,
    coalesce(max(events.street_code) filter (where events.event_seq = marks.location_seq), '') as street_code,
    coalesce(max(events.locate_method) filter (where events.event_seq = marks.location_seq), 'none')
        as locate_method,
    coalesce(max(events.satisfaction) filter (where events.event_seq = marks.rated_seq), '') as rated_satisfaction,
    count(*) filter (where events.has_coordinates or events.area_code is not null) > 0 as has_location,
    cast(count(*) filter (where events.stage = 'reopened') as integer) as reopened_count,
    cast(count(*) filter (where events.stage = 'returned') as integer) as returned_count,
    cast(count(*) filter (where events.stage = 'dispatched') as integer) as dispatched_count,
    cast(count(*) filter (where events.stage = 'extension_approved') as integer) as extensions_approved,
    cast(count(*) filter (where events.transition = 'illegal') as integer) as illegal_transitions,
    cast(count(*) as integer) as events_count,
    min(events.event_at_utc) as first_event_at_utc,
    max(events.event_at_utc) as last_event_at_utc
from events
inner join marks
    on
        events.city_code = marks.city_code
        and events.source = marks.source
        and events.case_id = marks.case_id
left join retold
    on
        events.city_code = retold.city_code
        and events.source = retold.source
        and events.case_id = retold.case_id
group by events.city_code, events.source, events.case_id
