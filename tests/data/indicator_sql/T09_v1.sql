-- T09 version 1: 重办率 (computed)
-- numerator: case_reworked, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_closed_at_utc is not null and reopened_count > 0))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_once_closed, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_closed_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_once_closed, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and first_closed_at_utc is not null))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 90 days
-- n under k = of the city is withheld; needs callbacks; in force since 2020-01-01
