-- M05 version 1: 纠纷升级率 (computed)
-- numerator: dispute_escalated, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc is not null and escalations > 0))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- denominator: dispute_accepted_any, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- n: dispute_accepted_any, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc is not null))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
