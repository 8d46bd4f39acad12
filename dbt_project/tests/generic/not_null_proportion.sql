{# At least the share `at_least` (0-1) of the rows has a value in `column_name`; an empty table passes. #}
{% test not_null_proportion(model, column_name, at_least) %}

select
    count({{ column_name }}) as filled,
    count(*) as total
from {{ model }}
having count({{ column_name }}) < {{ at_least }} * count(*)

{% endtest %}
