-- What only the grid knows of its reports; a planned inspection is one of them that asks for nothing.
select
    city_code,
    source,
    case_id,
    count(*) filter (where native_stage = 'self_handled') > 0 as is_self_handled,
    min(event_at_utc) filter (where native_stage = 'hazard_rectified') as rectified_at_utc
from {{ ref('int_grid__events') }}
group by city_code, source, case_id
