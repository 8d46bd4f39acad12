-- M01 version 1: 调解成功率 (computed)
-- numerator: dispute_settled, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc <= as_of_utc - interval '30 days' and is_settled))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- denominator: dispute_accepted, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc <= as_of_utc - interval '30 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- n: dispute_accepted, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and first_admitted_at_utc <= as_of_utc - interval '30 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
