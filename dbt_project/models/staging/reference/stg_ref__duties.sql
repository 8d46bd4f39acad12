select
    city_code,
    duty_code,
    name_zh as duty_name_zh,
    name_en as duty_name_en,
    business_line,
    valid_from,
    valid_to
from {{ source('raw', 'ref_duty') }}
