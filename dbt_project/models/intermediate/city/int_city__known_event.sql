{{ config(materialized='view') }}
{#- Read only where a past publication is replayed: what is known now, the books of the sources hold. -#}

{% for model in event_models() %}
    select
        city_code,
        source,
        event_id,
        known_at_utc
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
