-- X03a version 1: 白色督办单数 (computed)
-- numerator: notice_white, by the own day of each notice
select count(*) filter (where (notice_colour = 'white'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: notice_white, by the own day of each notice
select count(*) filter (where (notice_colour = 'white'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
