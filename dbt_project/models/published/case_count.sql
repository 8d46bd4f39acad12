{#- Matters that are never told singly: counts by month in the whole city. A month under k is withheld, and with it the
    next smallest months until k cases are: the totals of `source_summary` would give it away. -#}

with months as (
    select
        facts.city_code,
        facts.source,
        facts.received_month,
        rules.small_cell_k as k,
        count(*) as cases,
        count(*) filter (where facts.state = 'closed') as completed,
        count(*) filter (where facts.state = 'open') as open,
        count(*) filter (where facts.state = 'cancelled') as cancelled
    from {{ ref('fct_case') }} as facts
    inner join {{ ref('dim_case_source') }} as rules
        on
            facts.city_code = rules.city_code
            and facts.source = rules.source
            and rules.published_as = 'counts'
    where not facts.is_information_only
    group by facts.city_code, facts.source, facts.received_month, rules.small_cell_k
),

ranked as (
    select
        *,
        min(cases) over (partition by city_code, source) < k as has_small_month,
        coalesce(
            sum(cases) over (
                partition by city_code, source
                order by cases, received_month
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as cases_in_smaller_months
    from months
),

guarded as (
    select
        *,
        cases < k or (has_small_month and cases_in_smaller_months < k) as suppressed
    from ranked
)

select
    guarded.city_code,
    guarded.source,
    guarded.received_month,
    cities.city_name_zh,
    sources.name_zh as source_name_zh,
    case when not guarded.suppressed then guarded.cases end as cases,
    case when not guarded.suppressed then guarded.completed end as completed,
    case when not guarded.suppressed then guarded.open end as open,
    case when not guarded.suppressed then guarded.cancelled end as cancelled,
    guarded.suppressed,
    case when not guarded.suppressed then '' when guarded.cases < guarded.k then 'small_cell' else 'complementary' end
        as suppression_reason
from guarded
inner join {{ ref('dim_city') }} as cities on guarded.city_code = cities.city_code
inner join {{ ref('case_source') }} as sources on guarded.source = sources.source
