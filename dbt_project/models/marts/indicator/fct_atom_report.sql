{#- What the atoms of entity `report` may count: what grid workers report, with how the grid dealt with it. -#}
{%- set all_atoms = atoms() if execute else [] -%}
{%- set own = ['is_self_handled', 'rectified_at_utc'] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases(ref('fct_grid_report'), own) }}
)

{{ wide_atoms(all_atoms, 'report', subject='case_id', sequence='day') }}
