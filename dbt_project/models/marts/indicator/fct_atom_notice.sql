{#- What the atoms of entity `notice` may count: supervision notices, on their own day at the place of their case; not
    of sources whose cases are told of the whole city alone. -#}
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
        notices.answered_at_utc,
        lead(notices.notice_colour) over (
            partition by notices.city_code, notices.source, notices.case_id, variants.variant
            order by notices.notice_no
        ) as next_colour,
        count(*) over (partition by notices.city_code, notices.source, notices.case_id, variants.variant)
            as notices_of_case,
        variants.variant,
        cases.closed_at_utc as case_closed_at_utc,
        cases.channel,
        cases.category_family,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.as_of_utc,
        cast({{ to_local('notices.issued_at_utc', 'cities.time_zone') }} as date) as day
    {{ told_of_cases(ref('fct_supervision'), 'notices') }}
    inner join {{ ref('case_source') }} as sources
        on
            notices.source = sources.source
            and sources.finest_area_level <> 'city'
    where cases.state <> 'cancelled'
)

{{ wide_atoms(all_atoms, 'notice', subject='case_id', sequence='notice_no') }}
