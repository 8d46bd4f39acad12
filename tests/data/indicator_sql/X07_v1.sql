-- X07 version 1: 督办后解决率 (computed)
-- numerator: notice_closed_in_7_days, by the own day of each notice
select count(*) filter (where (issued_at_utc <= as_of_utc - interval '7 days' and case_closed_at_utc <= issued_at_utc + interval '7 days'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- denominator: notice_older_than_7_days, by the own day of each notice
select count(*) filter (where (issued_at_utc <= as_of_utc - interval '7 days'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: notice_older_than_7_days, by the own day of each notice
select count(*) filter (where (issued_at_utc <= as_of_utc - interval '7 days'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
