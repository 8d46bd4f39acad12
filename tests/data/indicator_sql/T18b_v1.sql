-- T18b version 1: 渠道占比（小程序） (computed)
-- numerator: case_by_mini_program, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and channel = 'mini_program'))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_with_channel, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and channel <> ''))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_with_channel, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_received and channel <> ''))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to street; final after 5 days
-- n under k = of the city is withheld; needs nothing of the city; in force since 2020-01-01
