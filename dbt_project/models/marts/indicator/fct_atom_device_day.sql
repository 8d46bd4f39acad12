{#- What the atoms of entity `device_day` may count: days of devices; adjusted leaves days of maintenance out. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        days.*,
        variants.variant,
        'camera.device' as source,
        days.device_class as category_family,
        'device' as channel,
        '' as unit_code
    from {{ ref('fct_device_day') }} as days
    inner join variants on variants.variant = 'raw' or days.maintenances = 0
)

{{ wide_atoms(all_atoms, 'device_day', subject='device_id', sequence='day') }}
