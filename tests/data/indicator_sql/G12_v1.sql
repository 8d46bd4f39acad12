-- G12 version 1: 网格定位率 (computed)
-- numerator: case_in_grid, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted and has_location and is_located))
from entities -- of fct_atom_case
group by period(day), place, variant
-- denominator: case_with_location, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted and has_location))
from entities -- of fct_atom_case
group by period(day), place, variant
-- n: case_with_location, by the own day of each case
select count(*) filter (where source = 'hotline.ticket' and (is_counted and has_location))
from entities -- of fct_atom_case
group by period(day), place, variant
-- value: numerator / denominator
-- each month; down to community, by unit; final after 5 days
-- n under k = of the city is withheld; needs grids; in force since 2020-01-01
