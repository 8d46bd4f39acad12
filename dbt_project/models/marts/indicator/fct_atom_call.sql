{#- What the atoms of entity `call` may count: calls offered to the hotline's desk, without a place or exclusions. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        calls.*,
        variants.variant,
        calls.offered_on as day,
        'hotline.call' as source,
        calls.skill_group as category_family,
        '' as grid_code,
        '' as community_code,
        '' as street_code,
        '' as unit_code
    from {{ ref('fct_call') }} as calls
    cross join variants
)

{{ wide_atoms(all_atoms, 'call', subject='call_id', sequence='day') }}
