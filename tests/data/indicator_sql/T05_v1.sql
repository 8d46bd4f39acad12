-- T05 version 1: 7日办结率 (computed)
-- numerator: case_closed_in_7_days, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and state = 'closed' and not is_closed_before_receipt and received_at_utc <= as_of_utc - interval '7 days' and closed_at_utc <= received_at_utc + interval '7 days'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_older_than_7_days, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and received_at_utc <= as_of_utc - interval '7 days'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_older_than_7_days, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and received_at_utc <= as_of_utc - interval '7 days'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 50 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
