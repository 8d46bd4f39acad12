-- A matter has at most one review (复查) and one re-review (复核) in force; the last decision of a round holds.
with reviews as (
    select
        *,
        coalesce(review_round, 'review') as round_reached,
        {{ speaker('review_result', ['city_code', 'case_id', "coalesce(review_round, 'review')"]) }} as result_seq
    from {{ ref('int_petition__events') }}
    where stage in ('review_requested', 'review_decided')
)

select
    city_code,
    source,
    case_id,
    round_reached as review_round,
    min(event_at_utc) filter (where stage = 'review_requested') as requested_at_utc,
    max(event_at_utc) filter (where stage = 'review_decided') as decided_at_utc,
    coalesce(max(review_result) filter (where event_seq = result_seq), '') as review_result
from reviews
group by city_code, source, case_id, round_reached
