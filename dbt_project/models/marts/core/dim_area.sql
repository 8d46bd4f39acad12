with areas as (
    select
        city_code,
        area_level,
        area_code,
        coalesce(parent_area_code, '') as parent_area_code,
        area_name_zh,
        area_name_en,
        area_type,
        valid_from,
        valid_to
    from {{ ref('stg_ref__areas') }}
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
        grids.valid_from,
        grids.valid_to
    from {{ ref('stg_ref__grids') }} as grids
    left join areas
        on
            grids.city_code = areas.city_code
            and grids.community_code = areas.area_code
)

select * from areas
union all
select * from grids
