-- A computed indicator is evaluated over atoms that exist; a count has no denominator, a rate has all three.
select
    definitions.indicator_id,
    definitions.indicator_version
from {{ ref('indicator_catalogue') }} as definitions
left join {{ ref('atom') }} as numerators on definitions.numerator_atom = numerators.atom_id
left join {{ ref('atom') }} as denominators on definitions.denominator_atom = denominators.atom_id
left join {{ ref('atom') }} as contributors on definitions.n_atom = contributors.atom_id
where
    definitions.state = 'computed'
    and (
        numerators.atom_id is null
        or contributors.atom_id is null
        or (coalesce(definitions.denominator_atom, '') <> '' and denominators.atom_id is null)
    )
