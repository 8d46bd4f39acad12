{#- T: the instant that every figure is computed for. A city on recorded time lives by its own clock; one on ingest
    time is known up to the start of the build. `as_of_utc` replays a past publication. -#}
{%- set limit = var('as_of_utc') -%}
{%- set streams = [
    'stg_hotline__ticket_events', 'stg_hotline__call_events', 'stg_petition__matter_events',
    'stg_camera__detection_events', 'stg_camera__device_events', 'stg_department__case_events',
    'stg_department__service_events', 'stg_department__dispute_events', 'stg_department__record_events',
    'stg_grid__report_events', 'stg_sign__observation_events',
] -%}

with landed as (
    {% for stream in streams -%}
        select
            city_code,
            max(known_at_utc) as last_known_at_utc
        from {{ ref(stream) }}
        {% if limit -%}
            where known_at_utc <= cast('{{ limit }}' as timestamp)
        {% endif -%}
        group by city_code
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

known as (
    select
        city_code,
        max(last_known_at_utc) as last_known_at_utc
    from landed
    group by city_code
),

as_of as (
    select
        cities.city_code,
        cities.time_zone,
        known.last_known_at_utc,
        case
            when cities.mode = 'historical' or cities.clock = 'recorded' then known.last_known_at_utc
            else cast('{{ limit or run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp)
        end as as_of_utc
    from {{ ref('stg_ref__cities') }} as cities
    inner join known on cities.city_code = known.city_code
)

select
    city_code,
    time_zone,
    last_known_at_utc,
    as_of_utc,
    {{ to_local('as_of_utc', 'time_zone') }} as as_of_local
from as_of
