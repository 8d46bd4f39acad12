{%- set cell = [
    'city_code', 'period_type', 'period_start', 'period_end', 'area_level', 'area_code', 'unit_code'
] -%}
{#- Whether a definition is published at a cell. A period before the first definition has its cells, which say so; later
    versions begin with their day. -#}
{%- set is_published -%}
    {{ names_kind('definitions.period_types', 'cells.period_type') }}
            and {{ level_rank('cells.area_level') }} >= {{ level_rank('definitions.finest_area_level') }}
            and (cells.unit_code = '' or definitions.by_unit)
            and (cells.period_end > definitions.valid_from or definitions.is_first_version)
{%- endset -%}

with definitions as (
    select
        catalogue.*,
        contributors.source,
        case when contributors.source is null then contributors.entity else '' end as whole_entity,
        numerators.entity as numerator_entity,
        numerators.source as numerator_source,
        row_number() over (
            partition by catalogue.indicator_id
            order by catalogue.valid_from, catalogue.indicator_version
        ) = 1 as is_first_version
    from {{ ref('indicator_catalogue') }} as catalogue
    inner join {{ ref('atom') }} as contributors on catalogue.n_atom = contributors.atom_id
    inner join {{ ref('atom') }} as numerators on catalogue.numerator_atom = numerators.atom_id
    where catalogue.state <> 'refused'
),

variants as (
    {{ variants() }}
),

told as (
    select
        cells.*,
        atoms.entity,
        atoms.day is null as is_of_its_own_day,
        coalesce(atoms.source, '') as source
    from {{ ref('fct_atom_cell') }} as cells
    inner join {{ ref('atom') }} as atoms on cells.atom_id = atoms.atom_id
),

-- Cells of which the source tells anything, whatever the atom: a rate whose denominator is empty there is n/a, not
-- missing. What counts all sources of an entity is asked for where the entity is told of.
touched as (
    select distinct
        {{ cell | join(', ') }},
        source,
        case when source = '' then entity else '' end as whole_entity
    from told
),

-- Structural zeros: an area that stood in the period and had nothing is a zero of what is counted, and is shown. In a
-- period without a single one in the city nothing is known to be zero; that something begun before ended in it is none.
covered as (
    select distinct
        city_code,
        period_type,
        period_start,
        period_end,
        entity,
        source
    from told
    where
        area_level = 'city'
        and unit_code = ''
        and is_of_its_own_day
),

standing as (
    select
        covered.*,
        areas.area_level,
        areas.area_code,
        '' as unit_code
    from covered
    inner join {{ ref('dim_area') }} as areas
        on
            covered.city_code = areas.city_code
            and covered.period_end > areas.valid_from
            and (areas.valid_to is null or covered.period_start < areas.valid_to)
),

asked as (
    select
        {% for column in cell -%}
            cells.{{ column }},
        {% endfor -%}
        definitions.indicator_id,
        definitions.indicator_version
    from touched as cells
    inner join definitions
        on
            cells.source = coalesce(definitions.source, '')
            and cells.whole_entity = definitions.whole_entity
            and {{ is_published }}
    union all
    select
        {% for column in cell -%}
            cells.{{ column }},
        {% endfor -%}
        definitions.indicator_id,
        definitions.indicator_version
    from standing as cells
    inner join definitions
        on
            cells.entity = definitions.numerator_entity
            and cells.source = coalesce(definitions.numerator_source, '')
            and definitions.formula in ('count', 'per')
            and {{ is_published }}
),

spreads as (
    select
        {% for column in cell -%}
            told.{{ column }},
        {% endfor -%}
        told.variant,
        definitions.indicator_id,
        definitions.indicator_version,
        definitions.quantile,
        told.bucket,
        sum(told.quantity) over spread_cell as total,
        sum(told.quantity) over (spread_cell order by told.bucket) as total_so_far
    from told
    inner join definitions
        on
            told.atom_id = definitions.numerator_atom
            and definitions.formula = 'quantile'
    where told.bucket >= 0
    window spread_cell as (
        partition by
            {% for column in cell -%}
                told.{{ column }},
            {% endfor -%}
            told.variant, definitions.indicator_id, definitions.indicator_version
    )
),

quantiles as (
    select
        {{ cell | join(', ') }},
        variant,
        indicator_id,
        indicator_version,
        max(total) as denominator,
        {{ spread_value('min(case when total_so_far >= quantile * total then bucket end)') }} as quantile
    from spreads
    group by {{ cell | join(', ') }}, variant, indicator_id, indicator_version
),

roles as (
    {% for role in ['numerator', 'denominator', 'n'] -%}
        select
            indicator_id,
            indicator_version,
            '{{ role }}' as role,
            {{ role }}_atom as atom_id
        from definitions
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- What is asked and what is told of it lie under each other and meet in one aggregate: a join of the two would be
-- planned by guesses that no engine gets right.
parts as (
    select
        {% for column in cell -%}
            asked.{{ column }},
        {% endfor -%}
        variants.variant,
        asked.indicator_id,
        asked.indicator_version,
        'asked' as role,
        cast(null as double precision) as quantity
    from asked
    cross join variants
    union all
    select
        {% for column in cell -%}
            told.{{ column }},
        {% endfor -%}
        told.variant,
        roles.indicator_id,
        roles.indicator_version,
        roles.role,
        {{ as_double('told.quantity') }} as quantity
    from told
    inner join roles on told.atom_id = roles.atom_id
    where told.bucket = -1
    {% for role in ['denominator', 'quantile'] -%}
        union all
        select
            {{ cell | join(', ') }},
            variant,
            indicator_id,
            indicator_version,
            '{{ role }}' as role,
            {{ as_double(role) }} as quantity
        from quantiles
    {% endfor %}
),

counted as (
    select
        {{ cell | join(', ') }},
        variant,
        indicator_id,
        indicator_version,
        max(quantity) filter (where role = 'numerator') as numerator_told,
        coalesce(max(quantity) filter (where role = 'numerator'), 0) as numerator,
        coalesce(max(quantity) filter (where role = 'denominator'), 0) as denominator,
        cast(coalesce(max(quantity) filter (where role = 'n'), 0) as bigint) as n,
        max(quantity) filter (where role = 'quantile') as quantile_value
    from parts
    group by {{ cell | join(', ') }}, variant, indicator_id, indicator_version
    having count(*) filter (where role = 'asked') > 0
),

defined as (
    select
        counted.*,
        definitions.formula,
        definitions.scale,
        definitions.small_cell_both_sides,
        coalesce(definitions.source, '') as source,
        coalesce(definitions.small_cell_k, cities.small_cell_k) as small_cell_k,
        {{ maturity('periods.days_since_end', 'definitions.maturity_days') }} as status,
        case
            when counted.period_end <= definitions.valid_from then 'before_definition'
            when definitions.requires = 'limits' and not cities.has_time_limits then 'no_time_limit'
            when definitions.requires = 'callbacks' and not cities.has_callbacks then 'no_callbacks'
            when definitions.requires = 'grids' and not cities.has_grids then 'no_grids'
            else ''
        end as period_na_reason
    from counted
    inner join definitions
        on
            counted.indicator_id = definitions.indicator_id
            and counted.indicator_version = definitions.indicator_version
    inner join {{ ref('dim_city') }} as cities on counted.city_code = cities.city_code
    inner join {{ ref('dim_period') }} as periods
        on
            counted.city_code = periods.city_code
            and counted.period_type = periods.period_type
            and counted.period_start = periods.period_start
            and counted.period_end = periods.period_end
),

judged as (
    select
        *,
        case
            when period_na_reason <> '' then period_na_reason
            when formula = 'query' and numerator_told is null then 'empty_denominator'
            when formula in ('share', 'per', 'mean', 'quantile') and denominator = 0 then 'empty_denominator'
            else ''
        end as na_reason
    from defined
)

-- Candidates: nothing is withheld here; what may be shown is decided afterwards, cell by cell, in `suppression`.
select
    city_code,
    indicator_id,
    indicator_version,
    variant,
    period_type,
    period_start,
    period_end,
    area_level,
    area_code,
    unit_code,
    '' as breakdown_type,
    '' as breakdown_code,
    case
        when period_na_reason = '' and formula <> 'quantile' then numerator
    end as numerator,
    case
        when period_na_reason = '' and formula not in ('count', 'query') then denominator
    end as denominator,
    case when period_na_reason <> '' then 0 else n end as n,
    case
        when na_reason <> '' then null
        when formula in ('count', 'query') then numerator * scale
        when formula = 'quantile' then quantile_value * scale
        else numerator / denominator * scale
    end as value,
    status,
    na_reason,
    small_cell_k,
    small_cell_both_sides,
    source
from judged
