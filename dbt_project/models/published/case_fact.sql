{#- Each source is generalised by itself, down to the level and the k of seed `case_source`. Cases with an answered
    call-back are generalised among themselves: the rates over call-backs are cells of their own, and are smaller than
    the cells that count cases. -#}

with cases as (
    select
        facts.*,
        cities.city_area_code,
        rules.finest_area_level = 'street' and facts.street_code <> '' as may_show_street,
        coalesce(rules.small_cell_k, cities.small_cell_k) as k,
        facts.callbacks_answered > 0 as is_answered
    from {{ ref('fct_case') }} as facts
    inner join {{ ref('case_source') }} as rules on facts.source = rules.source
    inner join {{ ref('dim_city') }} as cities on facts.city_code = cities.city_code
    where not facts.is_information_only
),

by_unit as (
    select
        *,
        case
            when count(*) over (partition by city_code, source, received_month, unit_code, is_answered) >= k
                then unit_code
            else ''
        end as shown_unit_code
    from cases
),

by_area as (
    select
        *,
        may_show_street
        and count(*) over (
            partition by city_code, source, received_month, street_code, shown_unit_code, is_answered
        ) >= k as shows_street
    from by_unit
)

select
    by_area.city_code,
    by_area.source,
    by_area.case_id,
    by_area.channel,
    by_area.request_kind,
    by_area.urgency,
    by_area.category_scheme,
    by_area.category_code,
    by_area.category_family,
    by_area.shown_unit_code as unit_code,
    coalesce(units.unit_name_zh, '') as unit_name_zh,
    case when by_area.shows_street then 'street' else 'city' end as area_level,
    case when by_area.shows_street then by_area.street_code else by_area.city_area_code end as area_code,
    by_area.state,
    by_area.received_at_utc,
    by_area.due_at_utc,
    by_area.first_dispatched_at_utc,
    by_area.closed_at_utc,
    by_area.received_month,
    by_area.handled_minutes,
    by_area.is_on_time,
    by_area.is_duplicate,
    by_area.is_located,
    by_area.exclusion_code,
    by_area.reopened_count,
    by_area.returned_count,
    by_area.callback_attempts,
    by_area.resolution,
    by_area.satisfaction,
    by_area.events_count
from by_area
left join {{ ref('dim_unit') }} as units
    on
        by_area.city_code = units.city_code
        and by_area.shown_unit_code = units.unit_code
