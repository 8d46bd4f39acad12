select
    family as category_family,
    name_en as category_family_en
from {{ source('raw', 'ref_category_family') }}
