{#- What the atoms of entity `detection` may count: things that cameras saw, where and when they were first seen. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        detections.*,
        variants.variant,
        detections.detected_on as day,
        'camera.detection' as source,
        detections.detection_type as category_family,
        'video' as channel,
        '' as unit_code
    from {{ ref('fct_detection') }} as detections
    cross join variants
)

{{ wide_atoms(all_atoms, 'detection', subject='detection_id', sequence='day') }}
