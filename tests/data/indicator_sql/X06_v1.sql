-- X06 version 1: 二次督办率 (computed)
-- numerator: notice_repeated, by the own day of each notice
select count(*) filter (where (notice_no = 1 and notices_of_case >= 2))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- denominator: notice_first, by the own day of each notice
select count(*) filter (where (notice_no = 1))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: notice_first, by the own day of each notice
select count(*) filter (where (notice_no = 1))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 60 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
