{{ config(materialized='view') }}
{#- The candidates under their masks: what is withheld has no number left, whoever reads on. -#}
{%- set cell = [
    'city_code', 'indicator_id', 'indicator_version', 'variant', 'period_type', 'period_start', 'period_end',
    'area_level', 'area_code', 'unit_code', 'breakdown_type', 'breakdown_code',
] -%}

select
    candidates.city_code,
    candidates.indicator_id,
    candidates.indicator_version,
    candidates.variant,
    candidates.period_type,
    candidates.period_start,
    candidates.period_end,
    candidates.area_level,
    candidates.area_code,
    candidates.unit_code,
    candidates.breakdown_type,
    candidates.breakdown_code,
    {% for number in ['numerator', 'denominator', 'n', 'value'] -%}
        case when masks.reason is null then candidates.{{ number }} end as {{ number }},
    {% endfor -%}
    candidates.status,
    masks.reason is not null as suppressed,
    coalesce(masks.reason, '') as suppression_reason,
    candidates.na_reason,
    candidates.source
from {{ ref('fct_indicator_value') }} as candidates
left join {{ source('build', 'suppression') }} as masks
    on
        {% for column in cell -%}
            candidates.{{ column }} = masks.{{ column }}
            {% if not loop.last %}and {% endif %}
        {%- endfor %}
