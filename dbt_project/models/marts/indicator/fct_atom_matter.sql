{#- What the atoms of entity `matter` may count: petition matters, with what only the petition office knows of them. -#}
{%- set all_atoms = atoms() if execute else [] -%}
{%- set own = ['accepted_after_minutes', 'replied_after_minutes', 'reviews_decided', 'reviews_changed'] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases(ref('fct_petition'), own) }}
)

{{ wide_atoms(all_atoms, 'matter', subject='case_id', sequence='day') }}
