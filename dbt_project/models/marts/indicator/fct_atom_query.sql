{#- What doesn't add up over days and places: each atom of measure `query` is a select of its own over the tables below,
    one row per city, period, area and unit (empty text: all) of the variant, with its `quantity`. -#}
{%- set queries = (atoms() if execute else []) | selectattr('measure', 'equalto', 'query') | list -%}
-- depends_on: {{ ref('atom') }}
-- noqa: disable=structure.unused_cte

with periods as (
    select periods.*
    from {{ ref('dim_period') }} as periods
    inner join ({{ period_types_in_use() }}) as kinds on periods.period_type = kinds.period_type
),

variants as (
    {{ variants() }}
),

areas as (
    select * from {{ ref('dim_area') }}
),

cities as (
    select * from {{ ref('dim_city') }}
),

cases as (
    select
        facts.*,
        variants.variant
    from {{ ref('fct_case') }} as facts
    inner join variants on variants.variant = 'raw' or facts.exclusion_code = ''
),

callbacks as (
    select * from {{ ref('int_case__callback') }}
),

calls as (
    select * from {{ ref('fct_call') }}
),

detections as (
    select * from {{ ref('fct_detection') }}
),

inspections as (
    select * from {{ ref('fct_inspection') }}
),

answers as (
    {% for atom in queries -%}
        select
            told.city_code,
            told.period_type,
            told.period_start,
            told.period_end,
            told.area_level,
            told.area_code,
            told.unit_code,
            told.variant,
            '{{ atom.atom_id }}' as atom_id,
            cast(told.quantity as numeric(18, 4)) as quantity
        from ({{ atom.quantity }}) as told
        union all
    {% endfor -%}
    select
        city_code,
        period_type,
        period_start,
        period_end,
        '' as area_level,
        '' as area_code,
        '' as unit_code,
        '' as variant,
        '' as atom_id,
        cast(null as numeric(18, 4)) as quantity
    from periods
    where false
)

select * from answers
