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


{# Whole elapsed minutes between two instants, rounded down; natural minutes, not working time. #}
{% macro minutes_between(earlier, later) -%}
    {{ adapter.dispatch('minutes_between', 'citybrain')(earlier, later) }}
{%- endmacro %}

{% macro default__minutes_between(earlier, later) -%}
    cast(floor(extract(epoch from {{ later }} - {{ earlier }}) / 60) as bigint)
{%- endmacro %}

{% macro spark__minutes_between(earlier, later) -%}
    cast(floor((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 60000000) as bigint)
{%- endmacro %}
