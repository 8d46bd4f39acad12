{#- What the atoms of entity `incident` may count: incidents, each once, where and when its first report is; the
    adjusted variant goes by the reports that are left. What petitions alone tell of has no place and no unit. -#}
{%- set all_atoms = atoms() if execute else [] -%}
-- depends_on: {{ ref('atom') }}

with variants as (
    {{ variants() }}
),

entities as (
    select
        reports.city_code,
        reports.incident_id,
        reports.told_on as day,
        reports.source,
        reports.channel,
        reports.category_family,
        variants.variant,
        {% for place in ['unit_code', 'grid_code', 'community_code', 'street_code'] -%}
            case when reports.gives_place then reports.{{ place }} else '' end as {{ place }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_incident_report') }} as reports
    inner join variants
        on case variants.variant when 'raw' then reports.owns_incident else reports.owns_incident_adjusted end
)

{{ wide_atoms(all_atoms, 'incident', subject='incident_id', sequence='day') }}
