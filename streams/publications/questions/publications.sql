-- 历次发布：时间、数据截至、更正数
-- Every publication: when, from data until when, how many final values it changed
select
    publication_id as 发布编号,
    published_at_utc,
    data_as_of_utc,
    value_rows as 数值行数,
    restated_cells as 更正数,
    cause as 更正原因
from published.publication
order by publication_id desc;
