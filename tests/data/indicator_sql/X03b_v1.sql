-- X03b version 1: 黄色督办单数 (computed)
-- numerator: notice_yellow, by the own day of each notice
select count(*) filter (where (notice_colour = 'yellow'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: notice_yellow, by the own day of each notice
select count(*) filter (where (notice_colour = 'yellow'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to street; final after 15 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
