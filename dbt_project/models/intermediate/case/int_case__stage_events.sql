with known as (
    select events.*
    from {{ ref('stg_hotline__ticket_events') }} as events
    inner join {{ ref('int_city__as_of') }} as as_of
        on
            events.city_code = as_of.city_code
            and events.known_at_utc <= as_of.as_of_utc
),

staged as (
    select
        known.*,
        stages.stage,
        stages.changes_state,
        stages.assigns_unit,
        row_number() over (
            partition by known.city_code, known.source, known.case_id
            order by known.event_at_utc, stages.stage_order, known.recorded_at_utc, known.event_id
        ) as event_seq
    from known
    left join {{ ref('stage_map') }} as stages
        on
            known.family = stages.family
            and known.native_stage = stages.native_stage
),

life as (
    select
        city_code,
        source,
        case_id,
        event_seq,
        lag(stage, 1, 'none') over (
            partition by city_code, source, case_id
            order by event_seq
        ) as previous_stage
    from staged
    where changes_state
)

select
    staged.city_code,
    staged.source,
    staged.case_id,
    staged.event_seq,
    staged.event_id,
    staged.stage,
    staged.native_stage,
    staged.event_at_utc,
    staged.known_at_utc,
    staged.assigns_unit,
    life.previous_stage,
    case
        when life.event_seq is null then 'note'
        when legal.to_stage is null then 'illegal'
        else 'legal'
    end as transition,
    staged.channel,
    staged.category_scheme,
    staged.category_code,
    staged.request_kind,
    staged.urgency,
    staged.unit_code,
    staged.area_code,
    staged.longitude is not null and staged.latitude is not null as has_coordinates,
    staged.due_at_utc,
    staged.parent_case_id,
    staged.is_duplicate,
    staged.is_information_only,
    staged.exclusion_code,
    staged.callback_result,
    staged.resolution,
    staged.satisfaction,
    staged.grid_code,
    staged.community_code,
    staged.street_code,
    staged.locate_method
from staged
left join life
    on
        staged.city_code = life.city_code
        and staged.source = life.source
        and staged.case_id = life.case_id
        and staged.event_seq = life.event_seq
left join {{ ref('stage_transition') }} as legal
    on
        staged.family = legal.family
        and life.previous_stage = legal.from_stage
        and staged.stage = legal.to_stage
