-- P03a version 1: 按期答复率 (computed)
-- numerator: matter_replied_on_time, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null and first_handled_at_utc is not null and is_handled_on_time))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: matter_to_reply, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: matter_to_reply, by the own day of each case
select count(*) filter (where source = 'petition.matter' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 120 days
-- n under k = 20 is withheld; needs limits; in force since 2020-01-01
