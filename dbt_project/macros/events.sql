{# Events of `relation` that are known by T, in the order of their life: `event_seq` counts from 1 inside `key`.
   Events that share an instant follow the order of their stages. `columns`: what else is passed on; all when none.
   `subject`: of a model that stays between builds, the column whose touched values alone are read. #}
{% macro in_order(relation, key, columns=none, subject=none) -%}
    select
        {% for column in columns or ['*'] -%}
            events.{{ column }},
        {% endfor -%}
        stages.stage,
        stages.changes_state,
        stages.assigns_unit,
        row_number() over (
            partition by events.city_code, events.{{ key | join(', events.') }}
            order by events.event_at_utc, stages.stage_order, events.recorded_at_utc, events.event_id
        ) as event_seq
    from {{ relation }} as events
    inner join {{ ref('int_city__as_of') }} as as_of
        on
            events.city_code = as_of.city_code
            and events.known_at_utc <= as_of.as_of_utc
    {%- if subject %}{{ touched('events', subject) }}{% endif %}
    left join {{ ref('stage_map') }} as stages
        on
            events.family = stages.family
            and events.native_stage = stages.native_stage
{%- endmacro %}

{# Which event speaks for a column of its `key`: the last one (`pick` max) or the first one (min) that says anything of
   it. Portable: `ignore nulls` is not. #}
{% macro speaker(column, key, pick='max') -%}
    {{ pick }}(case when {{ column }} is not null then event_seq end) over (partition by {{ key | join(', ') }})
{%- endmacro %}
