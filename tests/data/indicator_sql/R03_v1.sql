-- R03 version 1: 满意率 (computed)
-- numerator: callback_satisfied, by the own day of each callback
select count(*) filter (where source = 'hotline.ticket' and (satisfaction in ('very_satisfied', 'satisfied', 'basically_satisfied')))
from entities -- of fct_atom_callback
group by period(day), place, variant
-- denominator: callback_with_satisfaction, by the own day of each callback
select count(*) filter (where source = 'hotline.ticket' and (satisfaction is not null))
from entities -- of fct_atom_callback
group by period(day), place, variant
-- n: callback_with_satisfaction_case, by the own day of each callback
select count(*) filter ( where source = 'hotline.ticket' and (satisfaction is not null) and coalesce(callback_with_satisfaction_case_before < cast(date_trunc('month', day) as date), true) )
from entities -- of fct_atom_callback
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs callbacks; in force since 2020-01-01
