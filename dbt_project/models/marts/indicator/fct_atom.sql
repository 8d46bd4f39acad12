{#- One `when` line per atom of seed `atom`; what an atom counts is said here and nowhere else. -#}

with variants as (
    select 'raw' as variant
    union all
    select 'adjusted' as variant
),

cases as (
    select
        cases.*,
        variants.variant
    from {{ ref('fct_case') }} as cases
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
    where cases.source in (select atoms.source from {{ ref('atom') }} as atoms)
),

case_atoms as (
    select
        cases.city_code,
        cases.received_on as day,
        cases.grid_code,
        cases.community_code,
        cases.street_code,
        cases.unit_code,
        cases.category_code,
        cases.source,
        cases.channel,
        cases.variant,
        atoms.atom_id,
        case atoms.atom_id
            when 'case_counted' then cases.is_counted
            when 'case_received' then cases.is_received
            when 'case_due' then cases.is_received and cases.is_due
            when 'case_closed' then cases.is_received and cases.state = 'closed'
            when 'case_on_time' then cases.is_received and cases.state = 'closed' and cases.is_on_time
            when 'case_with_location' then cases.is_counted and cases.has_location
            when 'case_in_grid' then cases.is_counted and cases.has_location and cases.is_located
            when 'incident_counted'
                then
                    (cases.variant = 'raw' and cases.owns_incident)
                    or (cases.variant = 'adjusted' and cases.owns_incident_adjusted)
        end as is_counted
    from cases
    inner join {{ ref('atom') }} as atoms
        on
            cases.source = atoms.source
            and atoms.entity in ('case', 'incident')
),

callbacks as (
    select
        cases.*,
        calls.attempted_on,
        calls.is_valid,
        calls.resolution as answered_resolution,
        calls.satisfaction as answered_satisfaction,
        cities.count_basically_resolved,
        row_number() over (
            partition by
                cases.city_code, cases.source, cases.case_id, cases.variant,
                date_trunc('month', calls.attempted_on)
            order by calls.attempt_no
        ) as attempt_in_month,
        row_number() over (
            partition by
                cases.city_code, cases.source, cases.case_id, cases.variant,
                date_trunc('month', calls.attempted_on), calls.resolution is not null
            order by calls.attempt_no
        ) as resolution_in_month,
        row_number() over (
            partition by
                cases.city_code, cases.source, cases.case_id, cases.variant,
                date_trunc('month', calls.attempted_on), calls.satisfaction is not null
            order by calls.attempt_no
        ) as satisfaction_in_month
    from cases
    inner join {{ ref('int_case__callback') }} as calls
        on
            cases.city_code = calls.city_code
            and cases.source = calls.source
            and cases.case_id = calls.case_id
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    where cases.is_received
),

callback_atoms as (
    select
        callbacks.city_code,
        callbacks.attempted_on as day,
        callbacks.grid_code,
        callbacks.community_code,
        callbacks.street_code,
        callbacks.unit_code,
        callbacks.category_code,
        callbacks.source,
        callbacks.channel,
        callbacks.variant,
        atoms.atom_id,
        case atoms.atom_id
            when 'callback_attempted' then true
            when 'callback_answered' then callbacks.is_valid
            when 'callback_with_resolution' then callbacks.answered_resolution is not null
            when 'callback_resolved'
                then
                    callbacks.answered_resolution = 'resolved'
                    or (
                        callbacks.answered_resolution = 'basically_resolved'
                        and callbacks.count_basically_resolved
                    )
            when 'callback_with_satisfaction' then callbacks.answered_satisfaction is not null
            when 'callback_satisfied'
                then callbacks.answered_satisfaction in ('very_satisfied', 'satisfied', 'basically_satisfied')
            when 'callback_attempted_case' then callbacks.attempt_in_month = 1
            when 'callback_with_resolution_case'
                then callbacks.answered_resolution is not null and callbacks.resolution_in_month = 1
            when 'callback_with_satisfaction_case'
                then callbacks.answered_satisfaction is not null and callbacks.satisfaction_in_month = 1
        end as is_counted
    from callbacks
    inner join {{ ref('atom') }} as atoms
        on
            callbacks.source = atoms.source
            and atoms.entity = 'callback'
),

counted as (
    select * from case_atoms
    where is_counted
    union all
    select * from callback_atoms
    where is_counted
)

select
    city_code,
    day,
    grid_code,
    community_code,
    street_code,
    unit_code,
    category_code,
    source,
    channel,
    atom_id,
    variant,
    cast(count(*) as numeric(18, 4)) as quantity
from counted
group by
    city_code, day, grid_code, community_code, street_code, unit_code, category_code, source, channel, atom_id,
    variant
