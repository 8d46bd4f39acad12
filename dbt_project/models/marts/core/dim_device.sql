with versions as (
    {{ newest_version(ref('stg_ref__devices'), ['city_code', 'device_id']) }}
),

grids as (
    {{ newest_version(ref('stg_ref__grids'), ['city_code', 'grid_code']) }}
)

-- A device that was taken down stays: its past is asked for under its number.
select
    devices.city_code,
    devices.device_id,
    devices.device_class,
    devices.device_name_zh,
    devices.device_name_en,
    devices.unit_code,
    devices.grid_code,
    coalesce(grids.community_code, '') as community_code,
    coalesce(grids.street_code, '') as street_code,
    devices.longitude,
    devices.latitude,
    devices.first_valid_from as valid_from,
    devices.valid_to
from versions as devices
left join grids
    on
        devices.city_code = grids.city_code
        and devices.grid_code = grids.grid_code
        and grids.versions_back = 1
where devices.versions_back = 1
