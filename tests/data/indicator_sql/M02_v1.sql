-- M02 version 1: 化解率 (computed)
-- numerator: dispute_found_settled, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and received_at_utc <= as_of_utc - interval '30 days' and is_settled))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- denominator: dispute_found_ripe, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and received_at_utc <= as_of_utc - interval '30 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- n: dispute_found_ripe, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and received_at_utc <= as_of_utc - interval '30 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
