{{ config(pre_hook="{{ by_hash_alone() }}") }}
{#- Working time from the receipt to the closing in force, by the calendar of the city; cases that are closed. -#}
{%- set key = ['city_code', 'source', 'case_id'] -%}
with timed as (
    select
        city_code,
        source,
        case_id,
        calendar_version,
        received_at_utc as started_at_utc,
        closed_at_utc as ended_at_utc
    from {{ ref('int_clock__case') }}
    where closed_at_utc is not null and calendar_version is not null
)

select *
from (
    {{ worked_minutes('timed', ref('int_clock__pause'), key) }}
) as worked
