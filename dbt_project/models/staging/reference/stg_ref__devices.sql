select
    city_code,
    device_id,
    device_class,
    name_zh as device_name_zh,
    name_en as device_name_en,
    unit_code,
    grid_code,
    longitude,
    latitude,
    valid_from,
    valid_to
from {{ source('raw', 'ref_device') }}
