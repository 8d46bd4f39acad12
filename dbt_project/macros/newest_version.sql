{# Reference rows have validity dates: the newest version of each key, with the day that its first version began. #}
{% macro newest_version(relation, key) -%}
    select
        *,
        min(valid_from) over (partition by {{ key | join(', ') }}) as first_valid_from,
        row_number() over (partition by {{ key | join(', ') }} order by valid_from desc) as versions_back
    from {{ relation }}
{%- endmacro %}
