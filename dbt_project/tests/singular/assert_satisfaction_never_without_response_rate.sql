-- R03 is read beside R05: each R03 cell has its R05 cell, and a shown R03 a shown R05.
select satisfaction.*
from {{ ref('indicator_value', v=1) }} as satisfaction
left join {{ ref('indicator_value', v=1) }} as response
    on
        satisfaction.city_code = response.city_code
        and satisfaction.variant = response.variant
        and satisfaction.period_type = response.period_type
        and satisfaction.period_start = response.period_start
        and satisfaction.period_end = response.period_end
        and satisfaction.area_level = response.area_level
        and satisfaction.area_code = response.area_code
        and satisfaction.unit_code = response.unit_code
        and satisfaction.breakdown_type = response.breakdown_type
        and satisfaction.breakdown_code = response.breakdown_code
        and response.indicator_id = 'R05'
where
    satisfaction.indicator_id = 'R03'
    and (response.indicator_id is null or (satisfaction.value is not null and response.value is null))
