"""What differs between two publications, cell by cell and rank by rank, and how far first figures were from final ones.

All of it is read from the frozen rows, each of which says from which publication on it held and until which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.contracts.published import published_table
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import psycopg

KINDS = {
    "new": "新增",
    "matured": "到期转为已定",
    "revised": "初步数据变动",
    "restated": "已定数据更正",
    "gone": "不再发布",
    "relabelled": "仅文字变动",
}
"""What can become of a cell, each cell one of them, and the words for readers.

A final cell that changes or goes is restated; one that goes or changes before that is gone or revised."""

NEAR = 0.01
"""A release within this share of the final value is near it."""


@dataclass(frozen=True)
class CellChange:
    """Cells of one city and indicator version that changed in one way. `kind`: one of KINDS; `cause`: of restated ones.

    `newly_masked`: those of them that had numbers before and have none now.
    """

    city_code: str
    indicator_id: str
    indicator_version: int
    kind: str
    cause: str
    cells: int
    newly_masked: int


@dataclass(frozen=True)
class RankMove:
    """A member that stands in another place than before; null ranks: it was, or is, not ranked."""

    city_code: str
    indicator_id: str
    variant: str
    month_zh: str
    peer_group: str
    member_code: str
    member_name_zh: str
    old_rank: int | None
    new_rank: int | None


@dataclass(frozen=True)
class Difference:
    """What a reader of the later publication finds changed since the earlier one."""

    cells: tuple[CellChange, ...]
    ranks: tuple[RankMove, ...]

    def count(self, kind: str) -> int:
        """Cells that changed in that way."""
        return sum(one.cells for one in self.cells if one.kind == kind)


@dataclass(frozen=True)
class Revision:
    """How figures moved from their first release to the final value, over cells that were released before they matured.

    `member_code`: a unit or an area, empty for all. `mean_revision` and `mean_absolute_revision` in the indicator's own
    unit; `bias_t`: the mean revision over its standard error, null for fewer than two cells or where all moved alike;
    `ranks_changed_share`: of the ranks at first release; days are whole ones, by UTC, from the period's end.
    """

    city_code: str
    indicator_id: str
    member_code: str
    cells: int
    mean_revision: float
    mean_absolute_revision: float
    bias_t: float | None
    ranks_changed_share: float | None
    days_to_first_release: float
    days_to_near_final: float


def diff(settings: Settings, earlier: int, later: int) -> Difference:
    """What changed from one publication to a later one; raises CityBrainError for any other two numbers."""
    with connect(settings, "publisher") as connection:
        rows = connection.execute(
            "select publication_id from published.publication where publication_id in (%s, %s)", (earlier, later)
        ).fetchall()
        if missing := {earlier, later} - {number for (number,) in rows}:
            raise CityBrainError(
                f"there is no publication {min(missing)}", remedy="see `citybrain publication list`", exit_code=2
            )
        if earlier >= later:
            raise CityBrainError(
                "a difference goes from an earlier publication to a later one",
                why=f"{earlier} is not before {later}",
                remedy=f"citybrain publication diff {later} {earlier}",
                exit_code=2,
            )
        return difference(connection, earlier, later)


def difference(connection: psycopg.Connection[Any], earlier: int, later: int) -> Difference:
    """The same inside a transaction, which may be the one that makes `later`; `earlier` 0: before the first one."""
    cells = connection.execute(_CELLS, {"earlier": earlier, "later": later}).fetchall()
    ranks = connection.execute(_RANKS, {"earlier": earlier, "later": later}).fetchall()
    return Difference(tuple(CellChange(*row) for row in cells), tuple(RankMove(*row) for row in ranks))


def revisions(settings: Settings, *, by_member: bool) -> list[Revision]:
    """Revisions of monthly figures by city and indicator, or by unit and area below the whole city as well."""
    with connect(settings, "publisher") as connection:
        rows = connection.execute(_REVISIONS, {"near": NEAR, "by_member": by_member}).fetchall()
    return [Revision(*row) for row in rows]


def _only_in(table: str, number: str, other: str) -> str:
    """Rows of a frozen table that were in force in one publication and not, as they are, in the other."""
    in_force = "from_publication_id <= {0} and (until_publication_id is null or until_publication_id > {0})"
    return f"select * from frozen.{table} where {in_force.format(number)} and not ({in_force.format(other)})"


_VALUE_KEY = ", ".join(published_table("indicator_value").cell)

_RANK_KEY = ", ".join(published_table("ranking").cell)

_CELLS = f"""
with before as ({_only_in("indicator_value", "%(earlier)s", "%(later)s")}),

after as ({_only_in("indicator_value", "%(later)s", "%(earlier)s")}),

restated as (
    select distinct on ({_VALUE_KEY}) {_VALUE_KEY}, cause
    from published.restatement
    where publication_id > %(earlier)s and publication_id <= %(later)s
    order by {_VALUE_KEY}, publication_id desc
),

paired as (
    select
        city_code, indicator_id, indicator_version, restated.cause,
        before.status as old_status, after.status as new_status,
        before.city_code is null as is_new, after.city_code is null as is_gone,
        (before.value, before.numerator, before.denominator, before.suppressed)
        is distinct from (after.value, after.numerator, after.denominator, after.suppressed) as is_changed,
        not before.suppressed and coalesce(after.suppressed, false) as is_masked
    from before
    full join after using ({_VALUE_KEY})
    left join restated using ({_VALUE_KEY})
)

select
    city_code, indicator_id, indicator_version, kind, case when kind = 'restated' then coalesce(cause, '') else '' end,
    count(*)::int, count(*) filter (where is_masked)::int
from (
    select
        *,
        case
            when is_new then 'new'
            when old_status = 'final' and (is_gone or is_changed) then 'restated'
            when is_gone then 'gone'
            when old_status <> 'final' and new_status = 'final' then 'matured'
            when is_changed then 'revised'
            else 'relabelled'
        end as kind
    from paired
) as told
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
"""

_RANKS = f"""
with before as ({_only_in("ranking", "%(earlier)s", "%(later)s")}),

after as ({_only_in("ranking", "%(later)s", "%(earlier)s")})

select
    city_code, indicator_id, variant, coalesce(after.month_zh, before.month_zh), peer_group, member_code,
    coalesce(after.member_name_zh, before.member_name_zh), before.rank, after.rank
from before
full join after using ({_RANK_KEY})
where before.rank is distinct from after.rank
order by city_code, indicator_id, period_start, variant, peer_group, after.rank, member_code
"""

_REVISIONS = f"""
with known as (
    select publication_id, city_code, as_of::timestamp as as_of_utc
    from published.publication, jsonb_each_text(data_as_of::jsonb) as cities (city_code, as_of)
),

told as (
    select *, coalesce(nullif(unit_code, ''), case when area_level = 'city' then '' else area_code end) as member_code
    from frozen.indicator_value
    where value is not null and period_type = 'month'
),

-- What was final in the first publication has no history here: nothing says what was told before.
first as (
    select *
    from (
        select *, row_number() over (partition by {_VALUE_KEY} order by from_publication_id) as release from told
    ) as releases
    where release = 1 and status = 'provisional'
),

final as (
    select * from told where until_publication_id is null and status = 'final'
),

near as (
    select {_VALUE_KEY}, min(told.from_publication_id) as publication_id
    from told
    inner join (select {_VALUE_KEY}, value as final_value from final) as final using ({_VALUE_KEY})
    where abs(told.value - final.final_value) <= %(near)s * abs(final.final_value)
    group by {_VALUE_KEY}
),

moved as (
    select
        first.city_code, first.indicator_id, first.member_code, final.value - first.value as revision,
        released.as_of_utc::date - first.period_end as days_to_first,
        neared.as_of_utc::date - first.period_end as days_to_near
    from first
    inner join final using ({_VALUE_KEY})
    inner join near using ({_VALUE_KEY})
    inner join known as released
        on first.city_code = released.city_code and first.from_publication_id = released.publication_id
    inner join known as neared
        on first.city_code = neared.city_code and near.publication_id = neared.publication_id
),

first_ranks as (
    select distinct on ({_RANK_KEY}) *
    from frozen.ranking
    where period_type = 'month'
    order by {_RANK_KEY}, from_publication_id
),

ranks as (
    select
        first_ranks.city_code, first_ranks.indicator_id, first_ranks.member_code,
        (first_ranks.rank <> final.rank)::int as is_changed
    from first_ranks
    inner join frozen.ranking as final using ({_RANK_KEY})
    where final.until_publication_id is null and final.status = 'final' and first_ranks.status = 'provisional'
),

cells as (
    select
        city_code, indicator_id, case when grouping(member_code) = 1 then '' else member_code end as member,
        grouping(member_code) as is_all, count(*)::int as cells, avg(revision) as mean, avg(abs(revision)) as absolute,
        avg(revision) / nullif(stddev_samp(revision) / sqrt(count(*)), 0) as bias_t,
        avg(days_to_first)::double precision as days_to_first, avg(days_to_near)::double precision as days_to_near
    from moved
    group by grouping sets ((city_code, indicator_id), (city_code, indicator_id, member_code))
),

places as (
    select
        city_code, indicator_id, case when grouping(member_code) = 1 then '' else member_code end as member,
        grouping(member_code) as is_all, avg(is_changed)::double precision as share
    from ranks
    group by grouping sets ((city_code, indicator_id), (city_code, indicator_id, member_code))
)

select
    cells.city_code, cells.indicator_id, cells.member, cells.cells, cells.mean, cells.absolute, cells.bias_t,
    places.share, cells.days_to_first, cells.days_to_near
from cells
left join places using (city_code, indicator_id, member, is_all)
where cells.is_all = 1 or (%(by_member)s and cells.member <> '')
order by cells.city_code, cells.indicator_id, cells.is_all desc, cells.member
"""
