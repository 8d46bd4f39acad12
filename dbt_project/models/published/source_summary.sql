with findings as (
    select
        city_code,
        source,
        count(*) filter (where finding = 'closed_before_receipt') as closed_before_receipt,
        count(*) filter (where finding = 'corrected') as corrected,
        count(*) filter (where finding = 'conflicting') as conflicting
    from {{ ref('fct_case_finding') }}
    group by city_code, source
),

summed as (
    select
        city_code,
        source,
        count(*) filter (where not is_information_only) as requests,
        count(*) filter (where not is_information_only and state = 'closed') as completed,
        count(*) filter (where not is_information_only and state = 'open') as open,
        count(*) filter (where not is_information_only and state = 'cancelled') as cancelled,
        count(*) filter (where not is_information_only and is_duplicate) as duplicates,
        count(*) filter (where is_information_only) as information_only,
        coalesce(sum(events_count) filter (where not is_information_only), 0) as events_count,
        min(first_event_at_utc) as first_event_at_utc,
        max(last_event_at_utc) as last_event_at_utc
    from {{ ref('fct_case') }}
    group by city_code, source
),

-- The rates that leaders compare cases by: tickets and call-backs. A source with figures of its own only is in none.
counted as (
    select distinct atoms.source
    from {{ ref('indicator_catalogue') }} as definitions
    inner join {{ ref('atom') }} as atoms on definitions.n_atom = atoms.atom_id
    where
        definitions.state = 'computed'
        and definitions.family in ('R', 'T')
)

select
    summed.city_code,
    summed.source,
    summed.requests,
    summed.completed,
    summed.open,
    summed.cancelled,
    summed.duplicates,
    summed.information_only,
    cast(summed.events_count as bigint) as events_count,
    coalesce(findings.closed_before_receipt, 0) as closed_before_receipt,
    coalesce(findings.corrected, 0) as corrected,
    coalesce(findings.conflicting, 0) as conflicting,
    rules.published_as,
    rules.small_cell_k,
    summed.first_event_at_utc,
    summed.last_event_at_utc,
    cities.as_of_utc as data_as_of_utc,
    cities.city_name_zh,
    coalesce(rules.source_name_zh, summed.source) as source_name_zh,
    counted.source is not null as is_in_rates,
    {{ minute_zh(to_local('cities.as_of_utc', 'cities.time_zone')) }} as data_as_of_zh
from summed
inner join {{ ref('dim_city') }} as cities on summed.city_code = cities.city_code
inner join {{ ref('dim_case_source') }} as rules
    on
        summed.city_code = rules.city_code
        and summed.source = rules.source
left join findings
    on
        summed.city_code = findings.city_code
        and summed.source = findings.source
left join counted on summed.source = counted.source
