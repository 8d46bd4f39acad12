-- P04b version 1: 初次信访平均答复周期 (computed)
-- numerator: matter_reply_minutes, by the own day of each matter
select coalesce(sum(floor(replied_after_minutes)) filter (where source = 'petition.matter' and (is_received)), 0)
from entities -- of fct_atom_matter
group by period(day), place, variant
-- denominator: matter_reply_timed, by the own day of each matter
select count(*) filter (where source = 'petition.matter' and (is_received and replied_after_minutes is not null))
from entities -- of fct_atom_matter
group by period(day), place, variant
-- n: matter_reply_timed, by the own day of each matter
select count(*) filter (where source = 'petition.matter' and (is_received and replied_after_minutes is not null))
from entities -- of fct_atom_matter
group by period(day), place, variant
-- value: numerator / denominator * 0.000694444444444444
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
