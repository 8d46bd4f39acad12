-- P12a version 1: 复查复核量 (computed)
-- numerator: review_decided, by the own day of each matter
select coalesce(sum(reviews_decided) filter (where source = 'petition.matter' and (is_received)), 0)
from entities -- of fct_atom_matter
group by period(day), place, variant
-- n: review_decided, by the own day of each matter
select coalesce(sum(reviews_decided) filter (where source = 'petition.matter' and (is_received)), 0)
from entities -- of fct_atom_matter
group by period(day), place, variant
-- value: numerator * 1
-- each month; down to city; final after 180 days
-- n under k = 20 is withheld; needs nothing of the city; in force since 2020-01-01
