-- X05a version 1: 督办升级率（白转黄） (computed)
-- numerator: notice_white_to_yellow, by the own day of each notice
select count(*) filter (where (notice_colour = 'white' and next_colour = 'yellow'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- denominator: notice_white, by the own day of each notice
select count(*) filter (where (notice_colour = 'white'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- n: notice_white, by the own day of each notice
select count(*) filter (where (notice_colour = 'white'))
from entities -- of fct_atom_notice
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street, by unit; final after 60 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
