{%- set columns = [
    'city_code', 'source', 'case_id', 'event_at_utc', 'found_by', 'mediation_level', 'mediation_kind',
    'agreement_form',
] -%}

{{ in_order(ref('stg_department__dispute_events'), ['case_id'], columns) }}
