{{ config(pre_hook="{{ forget_touched('case_id') }}") }}
with staged as (
    {{ in_order(ref('int_case__events'), ['source', 'case_id'], subject='case_id') }}
),

life as (
    -- Stages that change the state follow one another; the notes between them don't interrupt.
    select
        *,
        case
            when changes_state then lag(stage, 1, 'none') over (
                partition by city_code, source, case_id, changes_state
                order by event_seq
            )
        end as previous_stage
    from staged
)

select
    life.city_code,
    life.source,
    life.case_id,
    life.event_seq,
    life.event_id,
    life.stage,
    life.native_stage,
    life.basis,
    life.event_at_utc,
    life.recorded_at_utc,
    life.known_at_utc,
    life.assigns_unit,
    life.previous_stage,
    case
        when life.previous_stage is null then 'note'
        when legal.to_stage is null then 'illegal'
        else 'legal'
    end as transition,
    life.channel,
    life.category_scheme,
    life.category_code,
    life.request_kind,
    life.urgency,
    life.unit_code,
    life.area_code,
    life.has_coordinates,
    life.due_at_utc,
    life.parent_case_id,
    life.is_duplicate,
    life.is_information_only,
    life.exclusion_code,
    life.callback_result,
    life.resolution,
    life.satisfaction,
    life.notice_colour,
    life.grid_code,
    life.community_code,
    life.street_code,
    life.locate_method
from life
left join {{ ref('stage_transition') }} as legal
    on
        life.family = legal.family
        and life.previous_stage = legal.from_stage
        and life.stage = legal.to_stage
