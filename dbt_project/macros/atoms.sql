{# Rows of seed `atom`, as dictionaries; none while dbt only parses. Read from the seed itself, for a unit test that
   gives no rows of it; one that wants atoms of its own overrides this macro. #}
{% macro atoms() -%}
    {%- set seed = api.Relation.create(database=target.database, schema=target.schema, identifier='atom') -%}
    {%- set found = [] -%}
    {%- for row in run_query('select * from ' ~ seed ~ ' order by atom_id') -%}
        {%- do found.append(row.dict()) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# What is counted: all of it, or without what appraisal leaves out. #}
{% macro variants() -%}
    select 'raw' as variant
    union all
    select 'adjusted' as variant
{%- endmacro %}

{# Cases in each variant, as atoms count them: on the local day of their receipt, with the other days of their life.
   `facts`: a relation with what only one source knows of its cases, of which `columns` are taken; cases without a row of
   it are left out. #}
{% macro dated_cases(facts=none, columns=[]) -%}
    select
        cases.*,
        variants.variant,
        cases.received_on as day,
        cast({{ to_local('cases.first_dispatched_at_utc', 'cities.time_zone') }} as date) as dispatched_on,
        cast({{ to_local('cases.closed_at_utc', 'cities.time_zone') }} as date) as closed_on,
        cast({{ to_local('cases.due_at_utc', 'cities.time_zone') }} as date) as due_on
        {%- for column in columns %},
        facts.{{ column }}
        {%- endfor %}
    from {{ ref('fct_case') }} as cases
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
    {%- if facts %}
    inner join {{ facts }} as facts on {{ same('cases', 'facts', ['city_code', 'source', 'case_id']) }}
    {%- endif %}
{%- endmacro %}

{# From clause of what is told of cases, many rows to a case: `rows` of the relation, each with its case (`cases`), the
   city (`cities`) and the variants that its case counts in. #}
{% macro told_of_cases(relation, rows) -%}
    from {{ relation }} as {{ rows }}
    inner join {{ ref('fct_case') }} as cases on {{ same(rows, 'cases', ['city_code', 'source', 'case_id']) }}
    inner join {{ ref('dim_city') }} as cities on cases.city_code = cities.city_code
    inner join variants on variants.variant = 'raw' or cases.exclusion_code = ''
{%- endmacro %}

{# What an atom counts, as an SQL condition over the entity's rows. #}
{% macro atom_holds(atom) -%}
    {%- if atom.source -%} source = '{{ atom.source }}' and {% endif -%}
    ({{ atom.counted_when or 'true' }})
{%- endmacro %}

{# Name of the column that holds the atom; one that counts a subject once a period has a column for each kind. #}
{% macro atom_column(atom, period_type) -%}
    {{ atom.atom_id }}{% if atom.measure == 'distinct' %}__{{ period_type }}{% endif %}
{%- endmacro %}

{# Buckets of a spread: [0, 1), then each 5 % wider than the one before, so that spreads add up over days and places.
   `spread_value` is the middle of a bucket: at most 2.5 % from what it stands for. #}
{% macro spread_bucket(quantity) -%}
    cast(case when {{ quantity }} < 1 then 0 else floor(ln({{ quantity }}) / ln(1.05)) + 1 end as integer)
{%- endmacro %}

{% macro spread_value(bucket) -%}
    case when {{ bucket }} = 0 then 0.5 else power(1.05, {{ bucket }} - 0.5) end
{%- endmacro %}

{# The key of a wide row, `bucket` beside it: where, when, who, of what kind. #}
{% macro atom_grain() -%}
    city_code, day, grid_code, community_code, street_code, unit_code, category_family, source, channel, variant
{%- endmacro %}

{# Ends a model of atoms: from its common table `entities` (the grain, and whatever the atoms' conditions name) one row
   per cell with a column per atom of the entity.

   `subject`: what a `distinct` atom counts once a period; `sequence`: the order of its rows.
   A flow is 0 where nothing counts; a stock or a peak is null there, for it was not measured. #}
{% macro wide_atoms(all_atoms, entity, subject, sequence) -%}
    {%- set mine = all_atoms | selectattr('entity', 'equalto', entity) | rejectattr('measure', 'equalto', 'query') | list -%}
    {%- set once = mine | selectattr('measure', 'equalto', 'distinct') | list -%}
    {%- set columns = [] -%}
    {%- for atom in mine -%}
        {%- for kind in (var('period_types') if atom.measure == 'distinct' else ['']) -%}
            {%- do columns.append(atom_column(atom, kind)) -%}
        {%- endfor -%}
    {%- endfor %}

    , marked as (
        select
            *
            {%- for atom in once %},
            max(case when {{ atom_holds(atom) }} then day end) over (
                partition by city_code, source, variant, {{ subject }}
                order by {{ sequence }}
                rows between unbounded preceding and 1 preceding
            ) as {{ atom.atom_id }}_before
            {%- endfor %}
        from entities
    )

    {%- set passes = [] -%}
    {%- for atom in mine -%}
        {%- do atom.update({'pass': (atom.day or 'day', atom.quantity if atom.measure == 'spread' else '')}) -%}
        {%- if atom.pass not in passes -%} {%- do passes.append(atom.pass) -%} {%- endif -%}
    {%- endfor -%}
    {%- set sources = mine | map(attribute='source') | unique | list %}

    , passes as (
        {%- for day, spread in passes or [('day', '')] %}
        select
            {{ atom_grain() | replace('day,', day ~ ' as day,') }},
            {{ spread_bucket(spread) if spread else -1 }} as bucket
            {%- for atom in mine -%}
                {%- for kind in (var('period_types') if atom.measure == 'distinct' else ['']) %},
            {{ atom_quantity(atom, kind) if atom.pass == (day, spread) else 'cast(null as numeric(18, 4))' }}
                as {{ atom_column(atom, kind) }}
                {%- endfor -%}
            {%- endfor %}
        from marked
        where
            {{ day }} is not null
            {%- if spread %} and {{ spread }} is not null {%- endif %}
            {%- if mine and none not in sources %} and source in ('{{ sources | join("', '") }}') {%- endif %}
        group by {{ atom_grain() | replace('day,', day ~ ',') }} {%- if spread %}, {{ spread_bucket(spread) }} {%- endif %}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    )

    select
        {{ atom_grain() }},
        bucket
        {%- for column in columns %},
        cast(sum({{ column }}) as numeric(18, 4)) as {{ column }}
        {%- endfor %}
    from passes
    group by {{ atom_grain() }}, bucket
    having
        false
        {%- for atom in mine -%}
            {%- for kind in (var('period_types') if atom.measure == 'distinct' else ['']) %}
        or sum({{ atom_column(atom, kind) }}) {{ '<> 0' if atom.time_rollup == 'sum' else 'is not null' }}
            {%- endfor -%}
        {%- endfor %}
{%- endmacro %}

{# What an atom adds up inside one wide row. #}
{% macro atom_quantity(atom, period_type) -%}
    {%- if atom.measure == 'distinct' -%}
        count(*) filter (
            where {{ atom_holds(atom) }}
            and coalesce({{ atom.atom_id }}_before < {{ period_start_of(period_type, 'day') }}, true)
        )
    {%- elif atom.measure == 'sum' and atom.time_rollup == 'sum' -%}
        coalesce(sum({{ atom.quantity }}) filter (where {{ atom_holds(atom) }}), 0)
    {%- elif atom.measure == 'sum' -%}
        {{ atom.place_rollup }}({{ atom.quantity }}) filter (where {{ atom_holds(atom) }})
    {%- else -%}
        count(*) filter (where {{ atom_holds(atom) }})
    {%- endif -%}
{%- endmacro %}

{# What indicators with values ask of the atoms: one row per atom and kind of period, with the finest level (as its rank) and
   whether by unit. Nothing else is rolled up and kept. #}
{% macro atom_uses() -%}
    select
        asked.atom_id,
        kinds.period_type,
        min({{ level_rank('asked.finest_area_level') }}) as finest_rank,
        bool_or(asked.by_unit) as by_unit
    from (
        {% for role in ['numerator_atom', 'denominator_atom', 'n_atom'] -%}
            select
                {{ role }} as atom_id,
                period_types,
                finest_area_level,
                by_unit
            from {{ ref('indicator_catalogue') }}
            where
                state <> 'refused'
                and {{ role }} is not null
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as asked
    inner join ({{ period_types() }}) as kinds on {{ names_kind('asked.period_types', 'kinds.period_type') }}
    group by asked.atom_id, kinds.period_type
{%- endmacro %}

{# Common tables that roll the wide rows of an entity up to the periods (`spans`) that its atoms are asked for (`uses`)
   and to the published cells, each atom by its declared rules, and turn the columns into rows at last: `<entity>_long`.

   A flow is summed over time and places in one step. A stock keeps the last day on which it was measured in each finest
   cell, a peak its maximum; both go over places afterwards. #}
{% macro atom_cells(all_atoms, entity, relation) -%}
    {%- set mine = all_atoms | selectattr('entity', 'equalto', entity) | rejectattr('measure', 'equalto', 'query') | list -%}
    {%- set stocks = mine | selectattr('time_rollup', 'equalto', 'last') | list -%}
    {%- set peaks = mine | selectattr('time_rollup', 'equalto', 'max') | list -%}
    {%- set finest = atom_grain() | replace('day, ', '') ~ ', bucket, period_type, period_start, period_end' -%}
    {%- set dated = entity ~ '_dated' -%}

    {{ dated }} as (
        select
            days.*,
            periods.period_end
        from (
            select
                facts.*,
                kinds.period_type,
                {{ period_start('kinds.period_type', 'facts.day') }} as period_start
            from {{ relation }} as facts
            cross join (
                select distinct period_type
                from uses
                where atom_id in ('{{ mine | map(attribute='atom_id') | join("', '") }}')
            ) as kinds
        ) as days
        inner join spans as periods
            on
                days.city_code = periods.city_code
                and days.period_type = periods.period_type
                and days.period_start = periods.period_start
                and days.day < periods.period_end
    ),
    {% if stocks or peaks %}
    {{ entity }}_measured as (
        select
            *
            {%- for atom in stocks %},
            max(case when {{ atom.atom_id }} is not null then day end) over (partition by {{ finest }})
                as {{ atom.atom_id }}_day
            {%- endfor %}
        from {{ dated }}
    ),

    {{ entity }}_rolled as (
        select
            {{ finest }}
            {%- for atom in mine -%}
                {%- for kind in (var('period_types') if atom.measure == 'distinct' else ['']) -%}
                    {%- set column = atom_column(atom, kind) %},
            {% if atom in stocks -%} max({{ column }}) filter (where day = {{ column }}_day)
            {%- elif atom in peaks -%} max({{ column }})
            {%- else -%} sum({{ column }})
            {%- endif %} as {{ column }}
                {%- endfor -%}
            {%- endfor %}
        from {{ entity }}_measured
        group by {{ finest }}
    ),
    {%- set dated = entity ~ '_rolled' %}
    {% endif %}
    {{ entity }}_cells as (
        {%- set cell = 'city_code, period_type, period_start, period_end, variant, bucket' %}
        select
            {{ cell }},
            grid_code,
            community_code,
            street_code,
            unit_code,
            grouping(grid_code) = 0 as by_grid,
            grouping(community_code) = 0 as by_community,
            grouping(street_code) = 0 as by_street,
            grouping(unit_code) = 0 as by_unit
            {%- for atom in mine %},
            {{ atom.place_rollup }}(
            {%- if atom.measure == 'distinct' -%}
                case period_type
                {%- for kind in var('period_types') %} when '{{ kind }}' then {{ atom_column(atom, kind) }} {%- endfor %}
                end
            {%- else -%} {{ atom.atom_id }} {%- endif -%}
            ) as {{ atom.atom_id }}
            {%- endfor %}
        from {{ dated }}
        group by grouping sets (
            ({{ cell }}),
            ({{ cell }}, street_code),
            ({{ cell }}, community_code),
            ({{ cell }}, grid_code),
            ({{ cell }}, unit_code),
            ({{ cell }}, street_code, unit_code)
        )
    ),

    {{ entity }}_long as (
        {{ unpivoted(entity ~ '_cells', mine | map(attribute='atom_id') | list) }}
    )
{%- endmacro %}

{# The relation with one row per column of `columns`: its name as `atom_id`, what it holds as `quantity`. #}
{% macro unpivoted(relation, columns) -%}
    {{ adapter.dispatch('unpivoted', 'citybrain')(relation, columns) }}
{%- endmacro %}

{% macro default__unpivoted(relation, columns) -%}
    select
        {{ relation }}.*,
        atoms.atom_id,
        atoms.quantity
    from {{ relation }}
    cross join
        lateral (
            values
            (cast(null as text), cast(null as numeric(18, 4)))
            {%- for column in columns %},
            ('{{ column }}', {{ relation }}.{{ column }})
            {%- endfor %}
        ) as atoms (atom_id, quantity)
    where atoms.quantity <> 0
{%- endmacro %}

{% macro spark__unpivoted(relation, columns) -%}
    select * from (
        select
            *,
            stack({{ columns | length }} {%- for column in columns %}, '{{ column }}', {{ column }} {%- endfor %})
                as (atom_id, quantity)
        from {{ relation }}
    )
    where quantity <> 0
{%- endmacro %}

{# From clause of the ends of months, as `ends`, in each variant: one row per city and month that has begun, with the last
   day of it that is known (`day`) and the local instant that it stands for (`ended_at_local`, at most T). A stock that is
   told on these days alone is that of its period's end, for months and whatever is made of months. #}
{% macro month_ends() -%}
    from (
        select
            as_of.city_code,
            as_of.time_zone,
            as_of.as_of_utc,
            months.period_start as month,
            least(cast(months.period_end as timestamp), as_of.as_of_local) as ended_at_local,
            least(cast(months.period_end - interval '1 day' as date), cast(as_of.as_of_local as date)) as day
        from {{ ref('int_city__as_of') }} as as_of
        inner join {{ ref('dim_period') }} as months
            on
                as_of.city_code = months.city_code
                and months.period_type = 'month'
                and as_of.as_of_local > months.period_start
    ) as ends
    cross join variants
{%- endmacro %}

{# Columns of the grid, community and street that the area code of `rows` lies in, from `area_joins`; empty text where
   it is coarser. #}
{% macro area_columns() -%}
    case when places.area_level = 'grid' then places.area_code else '' end as grid_code,
    case places.area_level
        when 'grid' then places.parent_area_code when 'community' then places.area_code else ''
    end as community_code,
    case places.area_level
        when 'grid' then coalesce(parents.parent_area_code, '')
        when 'community' then places.parent_area_code
        when 'street' then places.area_code
        else ''
    end as street_code
{%- endmacro %}

{% macro area_joins(rows) -%}
    left join {{ ref('dim_area') }} as places
        on {{ rows }}.city_code = places.city_code and {{ rows }}.area_code = places.area_code
    left join {{ ref('dim_area') }} as parents
        on places.city_code = parents.city_code and places.parent_area_code = parents.area_code
{%- endmacro %}
