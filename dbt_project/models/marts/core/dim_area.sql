with area_versions as (
    {{ newest_version(ref('stg_ref__areas'), ['city_code', 'area_code']) }}
),

grid_versions as (
    {{ newest_version(ref('stg_ref__grids'), ['city_code', 'grid_code']) }}
),

areas as (
    select
        city_code,
        area_level,
        area_code,
        coalesce(parent_area_code, '') as parent_area_code,
        area_name_zh,
        area_name_en,
        area_type,
        first_valid_from as valid_from,
        valid_to
    from area_versions
    where versions_back = 1
),

grids as (
    -- A grid has no name of its own: it is called by its community and its number in it.
    select
        grids.city_code,
        'grid' as area_level,
        grids.grid_code as area_code,
        grids.community_code as parent_area_code,
        coalesce(areas.area_name_zh, '') || right(grids.grid_code, 3) || '网格' as area_name_zh,
        'Grid ' || grids.grid_code as area_name_en,
        grids.grid_type as area_type,
        grids.first_valid_from as valid_from,
        grids.valid_to
    from grid_versions as grids
    left join areas
        on
            grids.city_code = areas.city_code
            and grids.community_code = areas.area_code
    where grids.versions_back = 1
)

select * from areas
union all
select * from grids
