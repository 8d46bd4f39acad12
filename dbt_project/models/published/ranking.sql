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
        facts.source,
        definitions.direction,
        definitions.name_zh as indicator_name_zh,
        definitions.unit,
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
        -- A year to date has as many ends as months: members are ranked by whole periods.
        and facts.period_type <> 'to_date'
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
                candidates.period_type, candidates.period_start, candidates.peer_group
            order by case candidates.direction when 'higher' then -candidates.value else candidates.value end
        ) as place,
        count(*) over (
            partition by
                candidates.city_code, candidates.indicator_id, candidates.indicator_version, candidates.variant,
                candidates.period_type, candidates.period_start, candidates.peer_group
        ) as peers
    from candidates
)

select
    ranked.city_code,
    ranked.indicator_id,
    ranked.indicator_version,
    ranked.variant,
    ranked.period_type,
    ranked.period_start,
    ranked.period_end,
    ranked.peer_group,
    ranked.member_type,
    ranked.member_code,
    ranked.member_name_zh,
    ranked.value,
    cast(ranked.place as integer) as rank,
    cast(ranked.peers as integer) as members,
    ranked.status,
    cities.city_name_zh,
    {{ period_zh('ranked.period_type', 'ranked.period_start', 'ranked.period_end') }} as month_zh,
    ranked.indicator_name_zh,
    coalesce(words.name_zh, ranked.peer_group) as peer_group_zh,
    {{ value_zh('ranked.value', 'ranked.unit', 'false', "''") }} as value_zh,
    cast(ranked.place as {{ dbt.type_string() }}) || ' / ' || cast(ranked.peers as {{ dbt.type_string() }}) as rank_zh,
    ranked.indicator_id = {{ headline('cities') }} as is_headline,
    ranked.source
from ranked
inner join {{ ref('dim_city') }} as cities on ranked.city_code = cities.city_code
left join {{ ref('peer_group') }} as words on ranked.peer_group = words.peer_group
where ranked.peers >= {{ var('min_peers') }}
