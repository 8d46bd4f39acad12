-- An indicator with values is evaluated over atoms that exist, of the kinds that its formula asks for: a count and a
-- query have no denominator, a quantile is taken of a spread, all else of what adds up. Contributors are counted, or
-- summed where one row tells of many.
select
    definitions.indicator_id,
    definitions.indicator_version
from {{ ref('indicator_catalogue') }} as definitions
left join {{ ref('atom') }} as numerators on definitions.numerator_atom = numerators.atom_id
left join {{ ref('atom') }} as denominators on definitions.denominator_atom = denominators.atom_id
left join {{ ref('atom') }} as contributors on definitions.n_atom = contributors.atom_id
where
    definitions.state <> 'refused'
    and not coalesce(
        contributors.measure in ('count', 'sum', 'distinct', 'query')
        and (numerators.measure = 'spread') = (definitions.formula = 'quantile')
        and (definitions.quantile is not null) = (definitions.formula = 'quantile')
        and (denominators.atom_id is not null) = (definitions.formula in ('share', 'per', 'mean'))
        and coalesce(denominators.measure, '') <> 'spread'
        and (numerators.measure = 'query') = (definitions.formula = 'query'),
        false
    )
