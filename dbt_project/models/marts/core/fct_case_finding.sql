-- What a source told of a case that can't all hold, and what it should have told: kept, so that its owner hears of it.
select
    city_code,
    source,
    case_id,
    finding,
    stage,
    event_seq,
    event_at_utc as told_at_utc,
    recorded_at_utc
from {{ ref('int_case__retold_stage') }}
where not holds
union all
select
    city_code,
    source,
    case_id,
    'closed_before_receipt' as finding,
    'closed' as stage,
    0 as event_seq,
    closed_at_utc as told_at_utc,
    cast(null as timestamp) as recorded_at_utc
from {{ ref('fct_case') }}
where is_closed_before_receipt
union all
select
    city_code,
    source,
    case_id,
    'missed_escalation' as finding,
    'escalated' as stage,
    0 as event_seq,
    latest_at_utc as told_at_utc,
    cast(null as timestamp) as recorded_at_utc
from {{ ref('fct_escalation') }}
where outcome = 'missed'
