select
    city_code,
    duty_code,
    unit_code,
    role,
    valid_from,
    valid_to
from {{ source('raw', 'ref_responsibility') }}
