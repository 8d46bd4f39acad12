{# Rows that meet `from_condition` find a parent in `to`; `keys` maps our columns to the parent's. #}
{% test relationships_where(model, to, keys, from_condition='true') %}

    select child.*
    from (select * from {{ model }} where {{ from_condition }}) as child
    where not exists (
        select 1
        from {{ to }} as parent
        where
            true
            {%- for ours, theirs in keys.items() %}
                and child.{{ ours }} = parent.{{ theirs }}
            {%- endfor %}
    )

{% endtest %}
