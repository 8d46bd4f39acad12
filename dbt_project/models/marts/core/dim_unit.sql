with versions as (
    {{ newest_version(ref('stg_ref__units'), ['city_code', 'unit_code']) }}
),

named as (
    select
        city_code,
        unit_code,
        unit_name_zh,
        unit_name_en,
        unit_type
    from versions
    where versions_back = 1
),

seen as (
    select distinct
        city_code,
        unit_code
    from {{ ref('fct_case') }}
    where unit_code <> ''
)

-- A unit that handles cases but is missing from the register is kept under its code, never dropped.
select
    named.city_code,
    named.unit_code,
    named.unit_name_zh,
    named.unit_name_en,
    named.unit_type,
    true as is_registered
from named
union all
select
    seen.city_code,
    seen.unit_code,
    seen.unit_code as unit_name_zh,
    seen.unit_code as unit_name_en,
    'unregistered' as unit_type,
    false as is_registered
from seen
left join named
    on
        seen.city_code = named.city_code
        and seen.unit_code = named.unit_code
where named.unit_code is null
