{# Models that stay between builds (`streams.builds.kept`): of those that were touched, all rows are made anew.
   In a unit test there is no relation to add to: `this` is none. #}

{# Join that leaves only rows of touched entities. No `ref`: the list is made before dbt begins. #}
{% macro touched(rows, subject) -%}
    {%- if this is not none and is_incremental() %}
        inner join {{ this.schema }}.touched as touched
            on
                {{ rows }}.city_code = touched.city_code
                and {{ rows }}.{{ subject }} = touched.subject
                and {{ rows }}.source = touched.source
    {%- endif %}
{%- endmacro %}

{# Before their new rows come, the old ones go; in one transaction with them. #}
{% macro forget_touched(subject, source=none) -%}
    {%- if this is not none and is_incremental() %}
        delete from {{ this }} as entity
        using {{ this.schema }}.touched as touched
        where
            entity.city_code = touched.city_code
            and entity.{{ subject }} = touched.subject
            and touched.source = {{ "'" ~ source ~ "'" if source else 'entity.source' }}
    {%- endif %}
{%- endmacro %}
