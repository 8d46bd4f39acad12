{# Rows that meet `from_condition` find a parent in `to`; `keys` maps our columns to the parent's. #}
{% test relationships_where(model, to, keys, from_condition='true') %}

select child.*
from (select * from {{ model }} where {{ from_condition }}) as child
left join {{ to }} as parent
    on
        {%- for ours, theirs in keys.items() %}
        {{ 'and ' if not loop.first }}child.{{ ours }} = parent.{{ theirs }}
        {%- endfor %}
where parent.{{ keys.values() | first }} is null

{% endtest %}
