{#- T: the instant that every figure is computed for. A city on recorded time lives by its own clock; one on ingest
    time is known up to the start of the build, and never up to less than what has landed: what is kept between builds
    stands on that. `as_of_utc` replays a past publication: a city that has known anything later is known up to then. -#}
{%- set limit = var('as_of_utc') -%}
-- depends_on: {{ ref('int_city__known_event') }}, {{ ref('stg_ops__source_progress') }}

with known as (
    select
        city_code,
        {% if limit -%}
            max(case when known_at_utc <= cast('{{ limit }}' as timestamp) then known_at_utc end) as last_known_at_utc,
            max(known_at_utc) as newest_known_at_utc
        from {{ ref('int_city__known_event') }}
        {% else -%}
            max(last_known_at_utc) as last_known_at_utc,
            max(last_known_at_utc) as newest_known_at_utc
        from {{ ref('stg_ops__source_progress') }}
        {% endif -%}
    group by city_code
),

as_of as (
    select
        cities.city_code,
        cities.time_zone,
        known.last_known_at_utc,
        case
            {% if limit -%}
                when known.newest_known_at_utc > cast('{{ limit }}' as timestamp) then cast('{{ limit }}' as timestamp)
            {% endif -%}
            when cities.mode = 'historical' or cities.clock = 'recorded' then known.last_known_at_utc
            else
                {% if limit -%}
                    cast('{{ limit }}' as timestamp)
                {% else -%}
                    greatest(
                        cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp),
                        known.last_known_at_utc
                    )
                {% endif -%}
        end as as_of_utc
    from {{ ref('stg_ref__cities') }} as cities
    inner join known on cities.city_code = known.city_code
    where known.last_known_at_utc is not null
)

select
    city_code,
    time_zone,
    last_known_at_utc,
    as_of_utc,
    {{ to_local('as_of_utc', 'time_zone') }} as as_of_local
from as_of
