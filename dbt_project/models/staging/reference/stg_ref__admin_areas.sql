select
    area_code,
    area_level,
    parent_area_code,
    name_zh as area_name_zh,
    valid_from,
    valid_to
from {{ source('raw', 'ref_admin_area') }}
