with versions as (
    {{ newest_version(ref('stg_ref__grids'), ['city_code', 'grid_code']) }}
)

select
    grids.city_code,
    grids.grid_code,
    names.area_name_zh as grid_name_zh,
    grids.community_code,
    coalesce(communities.area_name_zh, grids.community_code) as community_name_zh,
    grids.street_code,
    coalesce(streets.area_name_zh, grids.street_code) as street_name_zh,
    grids.grid_type,
    grids.households,
    grids.area_km2,
    grids.ring,
    names.valid_from,
    names.valid_to
from versions as grids
inner join {{ ref('dim_area') }} as names
    on
        grids.city_code = names.city_code
        and grids.grid_code = names.area_code
        and names.area_level = 'grid'
left join {{ ref('dim_area') }} as communities
    on
        grids.city_code = communities.city_code
        and grids.community_code = communities.area_code
        and communities.area_level = 'community'
left join {{ ref('dim_area') }} as streets
    on
        grids.city_code = streets.city_code
        and grids.street_code = streets.area_code
        and streets.area_level = 'street'
where grids.versions_back = 1
