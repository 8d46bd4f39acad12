-- M06 version 1: 调解时长 (computed)
-- numerator: dispute_days_spread, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and is_settled))
from entities -- of fct_atom_dispute
group by period(day), place, variant, cast(case when agreed_after_minutes < 1 then 0 else floor(ln(agreed_after_minutes) / ln(1.05)) + 1 end as integer)
-- n: dispute_timed, by the own day of each dispute
select count(*) filter (where source = 'department.dispute' and (is_received and is_settled and agreed_after_minutes is not null))
from entities -- of fct_atom_dispute
group by period(day), place, variant
-- value: the bucket in which the share of the spread's total passes 0.5, its middle, * 0.000694444444444444
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
