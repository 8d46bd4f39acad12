select
    city_code,
    area_code,
    area_level,
    parent_area_code,
    name_zh as area_name_zh,
    name_en as area_name_en,
    area_type,
    valid_from,
    valid_to
from {{ source('raw', 'ref_area') }}
