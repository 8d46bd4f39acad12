{#- What the atoms of entity `notice` may count: supervision notices, on their own day at the place of their case. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        notices.city_code,
        notices.source,
        notices.case_id,
        notices.notice_no,
        notices.notice_colour,
        notices.unit_code,
        notices.issued_at_utc,
        count(*) over (partition by notices.city_code, notices.source, notices.case_id, variants.variant)
            as notices_of_case,
        variants.variant,
        cases.state,
        cases.closed_at_utc as case_closed_at_utc,
        cases.channel,
        cases.category_family,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.as_of_utc,
        cast({{ to_local('notices.issued_at_utc', 'cities.time_zone') }} as date) as day
    from {{ ref('fct_supervision') }} as notices
    inner join {{ ref('fct_case') }} as cases
        on
            notices.city_code = cases.city_code
            and notices.source = cases.source
            and notices.case_id = cases.case_id
    inner join {{ ref('dim_city') }} as cities on notices.city_code = cities.city_code
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
)

{{ wide_atoms(all_atoms, 'notice', subject='case_id', sequence='notice_no') }}
