{#- Single cases of the sources whose cases may leave singly; each source is generalised by itself, down to the level
    and the k of `dim_case_source`. Nothing here leads back to a case at its source: no number, no hour, and a grade only
    where k answers share its cell. -#}
{%- set cell = 'city_code, source, received_month, shown_unit_code' -%}
{%- set shown = [
    'channel', 'request_kind', 'urgency', 'category_scheme', 'category_code', 'unit_code', 'area_level', 'area_code',
    'state', 'received_date', 'due_date', 'first_dispatched_date', 'closed_date', 'handled_step', 'is_on_time',
    'is_duplicate', 'is_located', 'is_excluded', 'reopened_count', 'returned_count', 'callback_attempts', 'resolution', 'satisfaction',
    'events_count',
] -%}

with cases as (
    select
        facts.*,
        cities.city_area_code,
        cities.time_zone,
        rules.small_cell_k as k,
        -- Matters of the party, the army, the courts and what is secret are told without a place.
        rules.finest_area_level = 'street'
        and facts.street_code <> ''
        and facts.exclusion_code not in ('E2', 'E3', 'E5', 'E7') as may_show_street,
        facts.resolution <> '' or facts.satisfaction <> '' as is_answered
    from {{ ref('fct_case') }} as facts
    inner join {{ ref('dim_case_source') }} as rules
        on
            facts.city_code = rules.city_code
            and facts.source = rules.source
            and rules.published_as = 'cases'
    inner join {{ ref('dim_city') }} as cities on facts.city_code = cities.city_code
    where not facts.is_information_only
),

by_unit as (
    select
        *,
        case
            when count(*) over (partition by city_code, source, received_month, unit_code) >= k then unit_code
            else ''
        end as shown_unit_code
    from cases
),

by_area as (
    select
        *,
        may_show_street
        and count(*) filter (where may_show_street) over (partition by {{ cell }}, street_code) >= k as shows_street
    from by_unit
),

by_answer as (
    select
        *,
        count(*) filter (where is_answered) over (
            partition by {{ cell }}, case when shows_street then street_code else '' end, category_code
        ) >= k as shows_answer
    from by_area
),

generalised as (
    select
        city_code,
        source,
        received_month,
        channel,
        request_kind,
        urgency,
        category_scheme,
        category_code,
        category_family,
        shown_unit_code as unit_code,
        case when shows_street then 'street' else 'city' end as area_level,
        case when shows_street then street_code else city_area_code end as area_code,
        state,
        received_on as received_date,
        cast({{ to_local('due_at_utc', 'time_zone') }} as date) as due_date,
        cast({{ to_local('first_dispatched_at_utc', 'time_zone') }} as date) as first_dispatched_date,
        cast({{ to_local('closed_at_utc', 'time_zone') }} as date) as closed_date,
        {{ duration_step('handled_minutes') }} as handled_step,
        is_on_time,
        is_duplicate,
        is_located,
        exclusion_code <> '' as is_excluded,
        reopened_count,
        returned_count,
        callback_attempts,
        case when shows_answer then resolution else '' end as resolution,
        case when shows_answer then satisfaction else '' end as satisfaction,
        cast(events_count as bigint) as events_count
    from by_answer
),

hashed as (
    select
        *,
        {{ content_hash(shown) }} as content
    from generalised
)

select
    hashed.city_code,
    hashed.source,
    hashed.received_month,
    -- Made of nothing but what the row shows: equal rows are numbered, and a new case leaves the others' keys alone.
    hashed.content || '-' || row_number() over (
        partition by hashed.city_code, hashed.source, hashed.received_month, hashed.content
        order by hashed.content
    ) as case_key,
    hashed.channel,
    hashed.request_kind,
    hashed.urgency,
    hashed.category_scheme,
    hashed.category_code,
    coalesce(categories.category_name_zh, '未分类') as category_name_zh,
    hashed.category_family,
    hashed.unit_code,
    coalesce(units.unit_name_zh, '') as unit_name_zh,
    hashed.area_level,
    hashed.area_code,
    coalesce(areas.area_name_zh, hashed.area_code) as area_name_zh,
    hashed.state,
    hashed.received_date,
    hashed.due_date,
    hashed.first_dispatched_date,
    hashed.closed_date,
    hashed.handled_step,
    hashed.is_on_time,
    hashed.is_duplicate,
    hashed.is_located,
    hashed.is_excluded,
    hashed.reopened_count,
    hashed.returned_count,
    hashed.callback_attempts,
    hashed.resolution,
    hashed.satisfaction,
    hashed.events_count
from hashed
left join {{ ref('dim_category') }} as categories
    on
        hashed.city_code = categories.city_code
        and hashed.category_scheme = categories.category_scheme
        and hashed.category_code = categories.category_code
left join {{ ref('dim_unit') }} as units
    on
        hashed.city_code = units.city_code
        and hashed.unit_code = units.unit_code
left join {{ ref('dim_area') }} as areas
    on
        hashed.city_code = areas.city_code
        and hashed.area_level = areas.area_level
        and hashed.area_code = areas.area_code
