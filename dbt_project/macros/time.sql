{# Instant in UTC -> wall clock of the zone, both without zone. Days and months follow the city's zone. #}
{% macro to_local(timestamp_utc, time_zone) -%}
    {{ adapter.dispatch('to_local', 'citybrain')(timestamp_utc, time_zone) }}
{%- endmacro %}

{% macro default__to_local(timestamp_utc, time_zone) -%}
    (({{ timestamp_utc }} at time zone 'UTC') at time zone {{ time_zone }})
{%- endmacro %}

{% macro spark__to_local(timestamp_utc, time_zone) -%}
    from_utc_timestamp({{ timestamp_utc }}, {{ time_zone }})
{%- endmacro %}


{# Elapsed minutes between two instants, seconds as their fraction; natural minutes, not working time. #}
{% macro minutes_between(earlier, later) -%}
    {{ adapter.dispatch('minutes_between', 'citybrain')(earlier, later) }}
{%- endmacro %}

{% macro default__minutes_between(earlier, later) -%}
    cast(extract(epoch from {{ later }} - {{ earlier }}) / 60 as double precision)
{%- endmacro %}

{% macro spark__minutes_between(earlier, later) -%}
    cast((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 60000000 as double)
{%- endmacro %}
