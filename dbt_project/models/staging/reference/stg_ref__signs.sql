select
    city_code,
    sign_code,
    sign_category,
    measure_code,
    name_zh as sign_name_zh,
    name_en as sign_name_en,
    unit_code,
    area_code,
    reading_unit,
    usual_low,
    usual_high,
    observe_every,
    valid_from,
    valid_to
from {{ source('raw', 'ref_sign') }}
