{# `rule` is true (not false, not unknown) for each row. Returns the rows that break it. #}
{% test holds(model, rule) %}

select *
from {{ model }}
where ({{ rule }}) is not true

{% endtest %}
