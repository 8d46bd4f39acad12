with definitions as (
    select
        *,
        row_number() over (partition by indicator_id order by valid_from, indicator_version) = 1 as is_first_version
    from {{ ref('indicator_catalogue') }}
    where state = 'computed'
),

variants as (
    select 'raw' as variant
    union all
    select 'adjusted' as variant
),

-- Cells with anything in them, whatever the atom: a rate whose denominator is empty there is n/a, not missing.
touched as (
    select distinct
        city_code,
        period_start,
        area_level,
        area_code,
        unit_code,
        false as only_counts
    from {{ ref('fct_atom_cell') }}
),

-- Structural zeros: an area that stood in the month and had nothing is a zero of the counts, and is shown. In a month
-- without a single case in the city nothing is known to be zero.
standing as (
    select
        months.city_code,
        months.period_start,
        areas.area_level,
        areas.area_code,
        '' as unit_code,
        true as only_counts
    from {{ ref('dim_month') }} as months
    inner join {{ ref('dim_area') }} as areas
        on
            months.city_code = areas.city_code
            and months.period_end > areas.valid_from
            and (areas.valid_to is null or months.period_start < areas.valid_to)
    where months.has_cases
),

cells as (
    select
        city_code,
        period_start,
        area_level,
        area_code,
        unit_code,
        bool_and(only_counts) as only_counts
    from (
        select * from touched
        union all
        select * from standing
    ) as both_kinds
    group by city_code, period_start, area_level, area_code, unit_code
),

asked as (
    select
        cells.city_code,
        definitions.indicator_id,
        definitions.indicator_version,
        variants.variant,
        cells.period_start,
        months.period_end,
        months.status,
        cells.area_level,
        cells.area_code,
        cells.unit_code,
        definitions.scale,
        definitions.numerator_atom,
        coalesce(definitions.denominator_atom, '') as denominator_atom,
        definitions.n_atom,
        coalesce(definitions.small_cell_k, cities.small_cell_k) as k,
        definitions.small_cell_both_sides,
        case
            when months.period_end <= definitions.valid_from then 'before_definition'
            when definitions.requires = 'limits' and not cities.has_time_limits then 'no_time_limit'
            when definitions.requires = 'callbacks' and not cities.has_callbacks then 'no_callbacks'
            when definitions.requires = 'grids' and not cities.has_grids then 'no_grids'
            else ''
        end as month_na_reason
    from cells
    inner join {{ ref('dim_city') }} as cities on cells.city_code = cities.city_code
    inner join {{ ref('dim_month') }} as months
        on
            cells.city_code = months.city_code
            and cells.period_start = months.period_start
    inner join definitions
        on
            {{ level_rank('cells.area_level') }} >= {{ level_rank('definitions.finest_area_level') }}
            and (cells.unit_code = '' or definitions.by_unit)
            and (not cells.only_counts or coalesce(definitions.denominator_atom, '') = '')
            -- A month before the first definition has its cells, which say so; later versions begin with their day.
            and (months.period_end > definitions.valid_from or definitions.is_first_version)
    cross join variants
),

counted as (
    select
        asked.*,
        asked.denominator_atom = '' as is_count,
        coalesce(numerators.quantity, 0) as numerator,
        coalesce(denominators.quantity, 0) as denominator,
        cast(coalesce(contributors.quantity, 0) as bigint) as n
    from asked
    {% for role, atom in [
        ('numerators', 'numerator_atom'), ('denominators', 'denominator_atom'), ('contributors', 'n_atom')
    ] -%}
        left join {{ ref('fct_atom_cell') }} as {{ role }}
            on
                asked.city_code = {{ role }}.city_code
                and asked.period_start = {{ role }}.period_start
                and asked.area_level = {{ role }}.area_level
                and asked.area_code = {{ role }}.area_code
                and asked.unit_code = {{ role }}.unit_code
                and asked.variant = {{ role }}.variant
                and asked.{{ atom }} = {{ role }}.atom_id
    {% endfor %}
),

judged as (
    select
        *,
        case
            when month_na_reason <> '' then month_na_reason
            when not is_count and denominator = 0 then 'empty_denominator'
            else ''
        end as na_reason
    from counted
)

-- Candidates: nothing is withheld here; what may be shown is decided afterwards, cell by cell, in `suppression`.
select
    city_code,
    indicator_id,
    indicator_version,
    variant,
    'month' as period_type,
    period_start,
    period_end,
    area_level,
    area_code,
    unit_code,
    '' as breakdown_type,
    '' as breakdown_code,
    case when month_na_reason = '' then {{ as_double('numerator') }} end as numerator,
    case when month_na_reason = '' and not is_count then {{ as_double('denominator') }} end as denominator,
    case when month_na_reason <> '' then 0 else n end as n,
    case
        when na_reason <> '' then null
        when is_count then {{ as_double('numerator') }} * scale
        else {{ as_double('numerator') }} / {{ as_double('denominator') }} * scale
    end as value,
    status,
    na_reason,
    k as small_cell_k,
    small_cell_both_sides
from judged
