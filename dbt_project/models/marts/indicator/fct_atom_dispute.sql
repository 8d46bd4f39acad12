{#- What the atoms of entity `dispute` may count: disputes, with how their mediation came out. -#}
{%- set all_atoms = atoms() if execute else [] -%}
{%- set own = [
    'mediation_level', 'is_settled', 'agreed_after_minutes', 'escalations', 'agreed_at_utc', 'performed_at_utc',
] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    {{ dated_cases(ref('fct_dispute'), own) }}
)

{{ wide_atoms(all_atoms, 'dispute', subject='case_id', sequence='day') }}
