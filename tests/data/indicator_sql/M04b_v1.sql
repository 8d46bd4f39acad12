-- M04b version 1: 县级化解占比 (computed)
-- numerator: dispute_settled_city, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and is_settled and mediation_level = 'city'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- denominator: dispute_settled_any, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and is_settled))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- n: dispute_settled_any, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and is_settled))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
