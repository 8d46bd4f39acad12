{#- What the atoms of entity `service` may count: applications for a public service, with what their applicants met. -#}
{%- set all_atoms = atoms() if execute else [] -%}
{%- set own = ['visits', 'is_online_throughout', 'is_integrated', 'rating'] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases(ref('fct_service'), own) }}
)

{{ wide_atoms(all_atoms, 'service', subject='case_id', sequence='day') }}
