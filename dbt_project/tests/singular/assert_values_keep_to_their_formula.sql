-- The door keeps to the formula of each definition: a share lies between 0 and 1, what is shown is what its numerator
-- and denominator make of it, a count has no denominator, a quantile no numerator.
select figures.*
from {{ ref('indicator_value', v=1) }} as figures
inner join {{ ref('indicator_definition', v=1) }} as definitions
    on
        figures.indicator_id = definitions.indicator_id
        and figures.indicator_version = definitions.indicator_version
where
    figures.value is not null
    and not coalesce(
        case
            when definitions.formula in ('count', 'query')
                then figures.denominator is null and figures.value = figures.numerator * definitions.scale
            when definitions.formula = 'quantile'
                then figures.numerator is null and figures.denominator > 0
            else
                (definitions.formula <> 'share' or figures.value between 0 and 1)
                and abs(figures.value - figures.numerator / nullif(figures.denominator, 0) * definitions.scale)
                <= 1e-9 * (1 + figures.value)
        end,
        false
    )
