-- R02 version 1: 解决率 (computed)
-- numerator: callback_resolved, by the own day of each callback
select count(*) filter (where source = 'hotline.ticket' and (resolution = 'resolved' or (resolution = 'basically_resolved' and count_basically_resolved)))
from entities -- of fct_atom_callback
group by period(day), place, variant
-- denominator: callback_with_resolution, by the own day of each callback
select count(*) filter (where source = 'hotline.ticket' and (resolution is not null))
from entities -- of fct_atom_callback
group by period(day), place, variant
-- n: callback_with_resolution_case, by the own day of each callback
select count(*) filter ( where source = 'hotline.ticket' and (resolution is not null) and coalesce(callback_with_resolution_case_before < cast(date_trunc('month', day) as date), true) )
from entities -- of fct_atom_callback
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs callbacks; in force since 2020-01-01
