{#- What the atoms of entity `sign` may count: registered city signs at the end of each month since the first was
    observed, with whether each was observed within its own time. Such an atom is a stock: `time_rollup` last. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

observed as (
    select
        city_code,
        sign_code,
        cast(date_trunc('month', observed_on) as date) as month,
        max(observed_at_utc) as last_observed_at_utc
    from {{ ref('fct_sign_observation') }}
    group by city_code, sign_code, cast(date_trunc('month', observed_on) as date)
),

begun as (
    select
        city_code,
        min(month) as month
    from observed
    group by city_code
),

standing as (
    select
        signs.city_code,
        signs.sign_code,
        signs.sign_category,
        signs.unit_code,
        signs.observe_every,
        ends.day,
        ends.time_zone,
        ends.ended_at_local,
        variants.variant,
        max(observed.last_observed_at_utc) as last_observed_at_utc
    {{ month_ends() }}
    inner join begun on ends.city_code = begun.city_code and ends.month >= begun.month
    inner join {{ ref('dim_sign') }} as signs
        on
            ends.city_code = signs.city_code
            and ends.day >= signs.valid_from
            and (signs.valid_to is null or ends.day < signs.valid_to)
    left join observed
        on
            signs.city_code = observed.city_code
            and signs.sign_code = observed.sign_code
            and ends.month >= observed.month
    group by
        signs.city_code, signs.sign_code, signs.sign_category, signs.unit_code, signs.observe_every, ends.day,
        ends.time_zone, ends.ended_at_local, variants.variant
),

entities as (
    select
        city_code,
        sign_code,
        day,
        '' as grid_code,
        '' as community_code,
        '' as street_code,
        unit_code,
        sign_category as category_family,
        'sign.observation' as source,
        '' as channel,
        variant,
        coalesce(
            {{ to_local('last_observed_at_utc', 'time_zone') }} >= ended_at_local - case observe_every
                when 'P1D' then interval '1 day'
                when 'P7D' then interval '7 days'
                when 'P1M' then interval '1 month'
                when 'P3M' then interval '3 months'
            end,
            false
        ) as is_updated
    from standing
)

{{ wide_atoms(all_atoms, 'sign', subject='sign_code', sequence='day') }}
