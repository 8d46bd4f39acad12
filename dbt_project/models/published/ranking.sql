with candidates as (
    select
        facts.city_code,
        facts.indicator_id,
        facts.indicator_version,
        facts.variant,
        facts.period_type,
        facts.period_start,
        facts.period_end,
        facts.status,
        facts.value,
        definitions.direction,
        case when facts.unit_code <> '' then 'unit' else 'area' end as member_type,
        case when facts.unit_code <> '' then facts.unit_code else facts.area_code end as member_code,
        case
            when facts.unit_code <> '' then 'unit:' || coalesce(nullif(units.unit_type, ''), 'all')
            else facts.area_level || ':' || coalesce(nullif(areas.area_type, ''), 'all')
        end as peer_group,
        coalesce(units.unit_name_zh, areas.area_name_zh, facts.area_code) as member_name_zh
    from {{ ref('fct_indicator_shown') }} as facts
    inner join {{ ref('indicator_catalogue') }} as definitions
        on
            facts.indicator_id = definitions.indicator_id
            and facts.indicator_version = definitions.indicator_version
    left join {{ ref('dim_unit') }} as units
        on
            facts.city_code = units.city_code
            and facts.unit_code = units.unit_code
    left join {{ ref('dim_area') }} as areas
        on
            facts.city_code = areas.city_code
            and facts.area_level = areas.area_level
            and facts.area_code = areas.area_code
    where
        definitions.direction in ('higher', 'lower')
        and facts.value is not null
        and (
            (facts.area_level = 'city' and facts.unit_code <> '')
            or (facts.area_level in ('community', 'street') and facts.unit_code = '')
        )
),

ranked as (
    select
        candidates.*,
        rank() over (
            partition by
                candidates.city_code, candidates.indicator_id, candidates.indicator_version, candidates.variant,
                candidates.period_start, candidates.peer_group
            order by case candidates.direction when 'higher' then -candidates.value else candidates.value end
        ) as place,
        count(*) over (
            partition by
                candidates.city_code, candidates.indicator_id, candidates.indicator_version, candidates.variant,
                candidates.period_start, candidates.peer_group
        ) as peers
    from candidates
)

select
    city_code,
    indicator_id,
    indicator_version,
    variant,
    period_type,
    period_start,
    period_end,
    peer_group,
    member_type,
    member_code,
    member_name_zh,
    value,
    cast(place as integer) as rank,
    cast(peers as integer) as members,
    status
from ranked
where peers >= {{ var('min_peers') }}
