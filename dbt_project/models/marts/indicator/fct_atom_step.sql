{#- What the atoms of entity `step` may count: cases of sources that a city sets limits of their steps for. -#}
{%- set all_atoms = atoms() if execute else [] -%}
{%- set own = [
    'first_signed_at_utc', 'first_contacted_at_utc', 'first_notified_at_utc', 'first_rated_at_utc', 'dispatched_count',
    'extensions_approved', 'is_admitted_in_time', 'is_dispatched_in_time', 'is_signed_in_time', 'is_contacted_in_time',
    'is_notified_in_time',
] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases(ref('fct_case_step'), own) }}
)

{{ wide_atoms(all_atoms, 'step', subject='case_id', sequence='day') }}
