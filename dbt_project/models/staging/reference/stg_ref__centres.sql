select
    city_code,
    centre_code,
    name_zh as centre_name_zh,
    name_en as centre_name_en,
    centre_level,
    area_code,
    parent_centre_code,
    state,
    valid_from,
    valid_to
from {{ source('raw', 'ref_centre') }}
