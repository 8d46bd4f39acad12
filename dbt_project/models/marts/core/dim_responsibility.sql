with duties as (
    select * from {{ ref('stg_ref__duties') }}
    where valid_to is null
),

units as (
    select * from {{ ref('stg_ref__units') }}
    where valid_to is null
),

parts as (
    select * from {{ ref('stg_ref__responsibilities') }}
    where valid_to is null
)

-- The whole matrix as it stands: a unit without a part in a duty has an empty cell, not a missing one.
select
    duties.city_code,
    duties.duty_code,
    units.unit_code,
    duties.duty_name_zh,
    duties.duty_name_en,
    duties.business_line,
    units.unit_name_zh,
    coalesce(parts.role, '') as role
from duties
inner join units on duties.city_code = units.city_code
left join parts
    on
        duties.city_code = parts.city_code
        and duties.duty_code = parts.duty_code
        and units.unit_code = parts.unit_code
