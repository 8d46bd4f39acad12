-- M07 version 1: 协议履行率 (computed)
-- numerator: dispute_performed, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and agreed_at_utc <= as_of_utc - interval '90 days' and performed_at_utc <= agreed_at_utc + interval '90 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- denominator: dispute_agreed_ripe, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and agreed_at_utc <= as_of_utc - interval '90 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- n: dispute_agreed_ripe, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and agreed_at_utc <= as_of_utc - interval '90 days'))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
