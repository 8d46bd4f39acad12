{%- set all_atoms = atoms() if execute else [] -%}
{%- set entities = {
    'case': ref('fct_atom_case'),
    'callback': ref('fct_atom_callback'),
    'call': ref('fct_atom_call'),
    'detection': ref('fct_atom_detection'),
    'inspection': ref('fct_atom_inspection'),
    'report': ref('fct_atom_report'),
    'service': ref('fct_atom_service'),
    'dispute': ref('fct_atom_dispute'),
    'whistle': ref('fct_atom_whistle'),
    'notice': ref('fct_atom_notice'),
    'device_day': ref('fct_atom_device_day'),
    'incident': ref('fct_atom_incident'),
    'step': ref('fct_atom_step'),
    'dispatch': ref('fct_atom_dispatch'),
    'matter': ref('fct_atom_matter'),
    'record': ref('fct_atom_record'),
    'register': ref('fct_atom_register'),
    'overdue': ref('fct_atom_overdue'),
    'ground': ref('fct_atom_ground'),
    'sign': ref('fct_atom_sign'),
} -%}
-- depends_on: {{ ref('atom') }}, {{ ref('dim_period') }}

with uses as (
    {{ atom_uses() }}
),

-- Periods of the kinds that are asked for, few enough for any way of joining them.
spans as (
    select periods.*
    from {{ ref('dim_period') }} as periods
    inner join (select distinct period_type from uses) as kinds on periods.period_type = kinds.period_type
),

{% for entity, relation in entities.items() -%}
    {{ atom_cells(all_atoms, entity, relation) }},
{% endfor %}

cells as (
    {% for entity in entities -%}
        select
            city_code,
            period_type,
            period_start,
            period_end,
            variant,
            bucket,
            grid_code,
            community_code,
            street_code,
            unit_code,
            by_grid,
            by_community,
            by_street,
            by_unit,
            atom_id,
            quantity
        from {{ entity }}_long
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

levelled as (
    select
        *,
        case
            when by_grid then 'grid'
            when by_community then 'community'
            when by_street then 'street'
            else 'city'
        end as area_level
    from cells
)

select
    cells.city_code,
    cells.period_type,
    cells.period_start,
    cells.period_end,
    cells.area_level,
    case
        when cells.by_grid then cells.grid_code
        when cells.by_community then cells.community_code
        when cells.by_street then cells.street_code
        else cities.city_area_code
    end as area_code,
    case when cells.by_unit then cells.unit_code else '' end as unit_code,
    cells.atom_id,
    cells.variant,
    cells.bucket,
    cast(cells.quantity as numeric(18, 4)) as quantity
from levelled as cells
inner join {{ ref('dim_city') }} as cities on cells.city_code = cities.city_code
inner join uses
    on
        cells.atom_id = uses.atom_id
        and cells.period_type = uses.period_type
        and {{ level_rank('cells.area_level') }} >= uses.finest_rank
        and (uses.by_unit or not cells.by_unit)
-- What has no grid, community, street or unit belongs to the coarser cells alone.
where
    not (cells.by_grid and cells.grid_code = '')
    and not (cells.by_community and cells.community_code = '')
    and not (cells.by_street and cells.street_code = '')
    and not (cells.by_unit and cells.unit_code = '')
union all
select
    city_code,
    period_type,
    period_start,
    period_end,
    area_level,
    area_code,
    unit_code,
    atom_id,
    variant,
    -1 as bucket,
    quantity
from {{ ref('fct_atom_query') }}
