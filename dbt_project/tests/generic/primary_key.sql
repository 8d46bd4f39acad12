{# Grain: `columns` together are unique and none of them is null. Returns one row per broken key. #}
{% test primary_key(model, columns) %}
    {%- set key = columns | join(', ') %}

    select
        {{ key }},
        count(*) as rows_with_this_key
    from {{ model }}
    group by {{ key }}
    having count(*) > 1 or {{ columns | join(' is null or ') }} is null

{% endtest %}
