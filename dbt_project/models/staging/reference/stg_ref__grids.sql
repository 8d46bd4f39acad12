select
    city_code,
    grid_code,
    community_code,
    street_code,
    grid_type,
    households,
    area_km2,
    ring,
    valid_from,
    valid_to
from {{ source('raw', 'ref_grid') }}
