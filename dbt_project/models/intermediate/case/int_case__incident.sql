{#- 20 steps up from child to parent are more than any source declares; a chain that gets there runs in a circle. -#}
{%- set max_steps = 20 -%}

with recursive duplicates as (
    select
        city_code,
        source,
        case_id,
        parent_case_id
    from {{ ref('int_case__lifecycle') }}
    where is_duplicate and parent_case_id is not null and parent_case_id <> case_id
),

chain as (
    select
        city_code,
        source,
        case_id,
        parent_case_id as ancestor,
        1 as steps
    from duplicates
    union all
    select
        chain.city_code,
        chain.source,
        chain.case_id,
        duplicates.parent_case_id as ancestor,
        chain.steps + 1 as steps
    from chain
    inner join duplicates
        on
            chain.city_code = duplicates.city_code
            and chain.source = duplicates.source
            and chain.ancestor = duplicates.case_id
    where chain.steps < {{ max_steps }}
),

tops as (
    select
        city_code,
        source,
        case_id,
        max(steps) as steps
    from chain
    group by city_code, source, case_id
),

roots as (
    -- Whoever ends in the same circle walks it whole, so its smallest member names it for all of them.
    select
        chain.city_code,
        chain.source,
        chain.case_id,
        case
            when tops.steps < {{ max_steps }} then max(chain.ancestor) filter (where chain.steps = tops.steps)
            else min(chain.ancestor) filter (where chain.steps > {{ max_steps // 2 }})
        end as incident_case_id
    from chain
    inner join tops
        on
            chain.city_code = tops.city_code
            and chain.source = tops.source
            and chain.case_id = tops.case_id
    group by chain.city_code, chain.source, chain.case_id, tops.steps
),

-- A merged case that never closes itself is closed with the nearest case above it that is, but not before the merger.
closings as (
    select
        chain.city_code,
        chain.source,
        chain.case_id,
        greatest(cases.merged_at_utc, ancestors.closed_at_utc) as inherited_closed_at_utc,
        row_number() over (
            partition by chain.city_code, chain.source, chain.case_id
            order by chain.steps
        ) as nearness
    from chain
    inner join {{ ref('int_case__lifecycle') }} as cases
        on
            chain.city_code = cases.city_code
            and chain.source = cases.source
            and chain.case_id = cases.case_id
            and cases.merged_at_utc is not null
            and cases.first_closed_at_utc is null
    inner join {{ ref('int_case__lifecycle') }} as ancestors
        on
            chain.city_code = ancestors.city_code
            and chain.source = ancestors.source
            and chain.ancestor = ancestors.case_id
            and ancestors.closed_at_utc is not null
            and not ancestors.is_voided
)

select
    cases.city_code,
    cases.source,
    cases.case_id,
    closings.inherited_closed_at_utc,
    coalesce(roots.incident_case_id, cases.case_id) as incident_case_id
from {{ ref('int_case__lifecycle') }} as cases
left join roots
    on
        cases.city_code = roots.city_code
        and cases.source = roots.source
        and cases.case_id = roots.case_id
left join closings
    on
        cases.city_code = closings.city_code
        and cases.source = closings.source
        and cases.case_id = closings.case_id
        and closings.nearness = 1
