-- R05b version 1: 有效回访率（按件） (computed)
-- numerator: callback_answered_case, by the own day of each callback
select count(*) filter ( where source = 'hotline.ticket' and (is_valid) and coalesce(callback_answered_case_before < cast(date_trunc('month', day) as date), true) )
from entities -- of fct_atom_callback
group by period(day), place, variant
-- denominator: callback_attempted_case, by the own day of each callback
select count(*) filter ( where source = 'hotline.ticket' and (true) and coalesce(callback_attempted_case_before < cast(date_trunc('month', day) as date), true) )
from entities -- of fct_atom_callback
group by period(day), place, variant
-- n: callback_attempted_case, by the own day of each callback
select count(*) filter ( where source = 'hotline.ticket' and (true) and coalesce(callback_attempted_case_before < cast(date_trunc('month', day) as date), true) )
from entities -- of fct_atom_callback
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs callbacks; in force since 2020-01-01
