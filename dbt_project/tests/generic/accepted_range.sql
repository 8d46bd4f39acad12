{# `column_name` lies in [minimum, maximum]; nulls pass. Returns the rows outside. #}
{% test accepted_range(model, column_name, minimum=none, maximum=none) %}

select *
from {{ model }}
where
    {{ 'false' if minimum is none else column_name ~ ' < ' ~ minimum }}
    or {{ 'false' if maximum is none else column_name ~ ' > ' ~ maximum }}

{% endtest %}
