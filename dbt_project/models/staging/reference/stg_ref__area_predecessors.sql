select
    area_code,
    predecessor_code,
    predecessor_name_zh,
    change_kind,
    changed_on
from {{ source('raw', 'ref_area_predecessor') }}
