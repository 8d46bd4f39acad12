{%- set key = ['city_code', 'case_id'] -%}

with spoken as (
    select
        {% for column in ['inspection_level', 'unit_code', 'due_at_utc', 'street_code'] -%}
            {{ speaker(column, key) }} as {{ column }}_seq,
        {% endfor -%}
        *
    from {{ ref('int_grid__events') }}
    where native_stage in ('inspection_done', 'inspection_missed')
),

inspections as (
    select
        city_code,
        source,
        case_id,
        coalesce(max(inspection_level) filter (where event_seq = inspection_level_seq), '') as inspection_level,
        coalesce(max(unit_code) filter (where event_seq = unit_code_seq), '') as unit_code,
        coalesce(max(grid_code) filter (where event_seq = street_code_seq), '') as grid_code,
        coalesce(max(community_code) filter (where event_seq = street_code_seq), '') as community_code,
        coalesce(max(street_code) filter (where event_seq = street_code_seq), '') as street_code,
        max(due_at_utc) filter (where event_seq = due_at_utc_seq) as due_at_utc,
        min(event_at_utc) filter (where native_stage = 'inspection_done') as done_at_utc,
        min(event_at_utc) as first_event_at_utc
    from spoken
    group by city_code, source, case_id
)

-- What was made up for later is done, but not in its window.
select
    inspections.city_code,
    inspections.source,
    inspections.case_id,
    inspections.inspection_level,
    inspections.unit_code,
    inspections.grid_code,
    inspections.community_code,
    inspections.street_code,
    cast(
        {{ to_local('coalesce(inspections.due_at_utc, inspections.first_event_at_utc)', 'as_of.time_zone') }} as date
    ) as planned_on,
    inspections.due_at_utc,
    inspections.done_at_utc,
    inspections.done_at_utc is not null as is_done,
    inspections.done_at_utc is not null
    and coalesce(inspections.done_at_utc <= inspections.due_at_utc, true) as is_on_time
from inspections
inner join {{ ref('int_city__as_of') }} as as_of on inspections.city_code = as_of.city_code
