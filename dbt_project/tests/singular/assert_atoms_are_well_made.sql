-- An atom says all that its measure needs: a sum and a spread their quantity, a query its select and nothing else; what
-- is not summed over time is the sum of a quantity.
select
    atom_id,
    entity,
    measure
from {{ ref('atom') }}
where
    (measure in ('sum', 'spread', 'query')) <> (quantity is not null)
    or (measure = 'query') <> (entity = 'query')
    or (measure = 'query' and (counted_when is not null or day is not null))
    or (measure = 'distinct' and day is not null)
    or (time_rollup <> 'sum' and measure <> 'sum')
