-- P02 version 1: 按期受理告知率 (computed)
-- numerator: matter_notified_in_time, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null and is_admitted_in_time and is_notified_in_time))
from entities -- of fct_atom_step
group by period(day), place, variant
-- denominator: matter_accepted, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_step
group by period(day), place, variant
-- n: matter_accepted, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_step
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 120 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
