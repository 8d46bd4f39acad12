{%- set key = ['city_code', 'case_id'] -%}

with spoken as (
    select
        *,
        {{ speaker('found_by', key, 'min') }} as found_by_seq,
        {% for column in ['mediation_level', 'mediation_kind', 'agreement_form'] -%}
            {{ speaker(column, key) }} as {{ column }}_seq,
        {% endfor -%}
        max(case when stage in ('handled', 'failed') then event_seq end) over (
            partition by {{ key | join(', ') }}
        ) as outcome_seq
    from {{ ref('int_dispute__events') }}
),

disputes as (
    select
        city_code,
        source,
        case_id,
        coalesce(max(found_by) filter (where event_seq = found_by_seq), '') as found_by,
        coalesce(max(mediation_level) filter (where event_seq = mediation_level_seq), '') as mediation_level,
        coalesce(max(mediation_kind) filter (where event_seq = mediation_kind_seq), '') as mediation_kind,
        coalesce(max(agreement_form) filter (where event_seq = agreement_form_seq), '') as agreement_form,
        cast(count(*) filter (where stage = 'mediated') as integer) as mediations,
        cast(count(*) filter (where stage = 'failed') as integer) as failures,
        cast(count(*) filter (where stage = 'escalated') as integer) as escalations,
        -- What came out last holds: an agreement after a failure settles it, a failure after an agreement does not.
        count(*) filter (where stage = 'handled' and event_seq = outcome_seq) > 0 as is_settled,
        min(event_at_utc) filter (where stage = 'admitted') as accepted_at_utc,
        max(event_at_utc) filter (where stage = 'handled') as agreed_at_utc,
        max(event_at_utc) filter (where stage = 'performed') as performed_at_utc
    from spoken
    group by city_code, source, case_id
)

select
    city_code,
    source,
    case_id,
    found_by,
    mediation_level,
    mediation_kind,
    mediations,
    failures,
    escalations,
    is_settled,
    case when is_settled then agreement_form else '' end as agreement_form,
    case when is_settled then agreed_at_utc end as agreed_at_utc,
    case
        when is_settled and agreed_at_utc >= accepted_at_utc
            then {{ minutes_between('accepted_at_utc', 'agreed_at_utc') }}
    end as agreed_after_minutes,
    case when is_settled then performed_at_utc end as performed_at_utc
from disputes
