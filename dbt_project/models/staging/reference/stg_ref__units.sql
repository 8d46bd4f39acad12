select
    city_code,
    unit_code,
    name_zh as unit_name_zh,
    name_en as unit_name_en,
    unit_type,
    valid_from,
    valid_to
from {{ source('raw', 'ref_unit') }}
