-- P01 version 1: 及时受理率 (computed)
-- numerator: matter_accepted_in_time, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null and is_admitted_in_time))
from entities -- of fct_atom_step
group by period(day), place, variant
-- denominator: matter_to_accept, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and is_admitted_in_time is not null and (first_admitted_at_utc is not null or state <> 'closed')))
from entities -- of fct_atom_step
group by period(day), place, variant
-- n: matter_to_accept, by the own day of each step
select count(*) filter (where source = 'petition.matter' and (is_received and is_admitted_in_time is not null and (first_admitted_at_utc is not null or state <> 'closed')))
from entities -- of fct_atom_step
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 120 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
