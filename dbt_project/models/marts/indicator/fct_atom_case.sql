{#- What the atoms of entity `case` may count: cases of all sources. `variant` adjusted leaves out excluded cases. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases() }}
)

{{ wide_atoms(all_atoms, 'case', subject='case_id', sequence='day') }}
